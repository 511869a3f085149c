// Needs a library that isn't where the loader looks.

#include <muster/module.hpp>

int muster_odd_number();

static const muster::Exports<muster_odd_number> exported;
