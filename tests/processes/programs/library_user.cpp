// Needs a shared library, and says what became of its task.
//   library_user [ENGINE]   which is to run it; any unless told

#include <cstdio>
#include <cstdlib>

#include <muster/muster.hpp>

int muster_odd_number();

int main(int argc, char** argv) {
  muster::Client client;
  try {
    const auto result = argc > 1 ? client[std::atoi(argv[1])].apply<muster_odd_number>()
                                 : client.load_balanced_view().apply<muster_odd_number>();
    std::printf("%d\n", result.get());
    return 0;
  } catch (const muster::ImageMismatch& error) {
    std::printf("ImageMismatch: %s\n", error.what());
    return muster_odd_number();
  } catch (const std::exception& error) {
    std::printf("another error: %s\n", error.what());
  }
  return 1;
}
