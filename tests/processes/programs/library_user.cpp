// Needs a shared library, and says what became of its task.

#include <cstdio>

#include <muster/muster.hpp>

int muster_odd_number();

int main() {
  muster::Client client;
  try {
    std::printf("%d\n", client.load_balanced_view().apply<muster_odd_number>().get());
    return 0;
  } catch (const muster::ImageMismatch& error) {
    std::printf("ImageMismatch: %s\n", error.what());
    return muster_odd_number();
  } catch (const std::exception& error) {
    std::printf("another error: %s\n", error.what());
  }
  return 1;
}
