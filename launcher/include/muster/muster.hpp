#pragma once
// All that a program needs to run its own functions on a cluster.

#include <muster/as.hpp>
#include <muster/as_completed.hpp>
#include <muster/async_map_result.hpp>
#include <muster/async_result.hpp>
#include <muster/client.hpp>
#include <muster/client_options.hpp>
#include <muster/cluster.hpp>
#include <muster/context.hpp>
#include <muster/coroutine.hpp>
#include <muster/direct_view.hpp>
#include <muster/distribution.hpp>
#include <muster/engine_results.hpp>
#include <muster/error.hpp>
#include <muster/item_error.hpp>
#include <muster/joined_results.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/outcome.hpp>
#include <muster/progress.hpp>
#include <muster/reference.hpp>
#include <muster/task_info.hpp>
#include <muster/transportable.hpp>
#include <muster/view_options.hpp>
#include <muster/wait.hpp>
#include <muster/wait_interactive.hpp>
#include <muster/when_all.hpp>
