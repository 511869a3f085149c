// A shared library that only some processes can find.

#ifndef MUSTER_ODD_NUMBER
#define MUSTER_ODD_NUMBER 7
#endif

int muster_odd_number() {
  return MUSTER_ODD_NUMBER;
}
