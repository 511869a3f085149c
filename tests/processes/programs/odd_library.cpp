// A shared library that only some processes can find.

int muster_odd_number() {
  return 7;
}
