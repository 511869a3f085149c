#pragma once
// What the engines of a cluster of the program's own are.

namespace muster {

enum EnginesAs {
  processes,  ///< this program, started again: apart from it and from each other
  threads,    ///< of this process: functions share its memory, as multiprocessing.dummy's do
};

}  // namespace muster
