#pragma once
// What the source of a task module needs: functions are written as in any program, and exported.
//
//   #include <muster/module.hpp>
//   namespace jobs { double solve(double x) { return x * x; } }
//   static muster::Exports<jobs::solve> exported;
//
// CMake: muster_add_module(jobs jobs.cpp). A program then does client.load("jobs.so") and calls
// muster::Remote<double(double)>{"jobs::solve"}.

#include <muster/as.hpp>
#include <muster/context.hpp>
#include <muster/error.hpp>
#include <muster/exports.hpp>
#include <muster/transportable.hpp>
