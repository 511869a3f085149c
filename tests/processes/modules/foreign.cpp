// A task module of another version of Muster: all that a loader reads of one before it believes it.

extern "C" {

struct ForeignEntry {
  unsigned layout;
  void* tasks;
};

[[gnu::visibility("default")]] extern const ForeignEntry muster_module;
const ForeignEntry muster_module{7, nullptr};
}
