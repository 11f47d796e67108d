// Runs the matrix product kernel on seeded inputs and hashes what it writes; equal on all instruction sets with FMA.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "../kernels/gemm.h"

namespace myelin::test {

inline uint64_t drive(Gemm* kernel) {
  constexpr int64_t kSizes[][3] = {{1, 1, 1},   {1, 300, 65}, {2, 140, 40},  {3, 100, 19}, {4, 90, 70},
                                   {5, 17, 33}, {14, 32, 7},  {33, 70, 300}, {60, 35, 0},  {130, 50, 600}};
  constexpr int64_t kMost = 160 * 1024;
  std::vector<float> a(kMost), b(kMost), c(kMost), bias(kMost), work(2 * 1024 * 1024 + 16);
  uint32_t state = 12345;
  const auto fill = [&](std::vector<float>& v) {
    for (float& x : v) {
      state = state * 1664525 + 1013904223;
      x = static_cast<float>(state >> 8) * 0x1p-23f - 1.0f;
    }
  };
  fill(a);
  fill(b);
  fill(bias);
  uint64_t hash = 0xcbf29ce484222325;
  for (const auto& size : kSizes) {
    for (int variant = 0; variant < 8; variant++) {
      fill(c);
      GemmEpilogue epilogue = {};
      if ((variant & 1) != 0) epilogue.bias = bias.data();
      epilogue.relu = (variant & 2) != 0;
      GemmTask task = {};
      task.ta = (variant & 1) != 0;
      task.tb = (variant & 2) != 0;
      task.m = size[0];
      task.n = size[1];
      task.k = size[2];
      task.a = a.data();
      task.lda = task.ta ? task.m : task.k;
      task.b = b.data();
      task.ldb = task.tb ? task.k : task.n;
      task.c = c.data();
      task.ldc = task.n + 3;
      task.accumulate = (variant & 4) != 0;
      task.epilogue = &epilogue;
      task.work = work.data();
      kernel(task);
      for (int64_t i = 0; i < task.m * task.ldc; i++) {
        uint32_t word;
        std::memcpy(&word, &c[static_cast<size_t>(i)], sizeof word);
        hash = (hash ^ word) * 0x100000001b3;
      }
    }
  }
  return hash;
}

// Sizes of working memory and of tiles are each instruction set's own business: equal, and not 0, which means no driver.
inline uint64_t drive(GemmWork*) { return 1; }
inline uint64_t drive(GemmGrain*) { return 1; }

}  // namespace myelin::test
