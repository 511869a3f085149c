// Exports something; in a library of which nothing else is used.

#include <muster/module.hpp>

static int aside(int x) {
  return x + 7;
}

static const muster::Exports<aside> exported;
