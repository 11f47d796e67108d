// Lanes are combined here only, and in an order that does not depend on the vector's width: element i of a
// block goes to virtual lane i % 64, and the lanes are folded 64, 32, 16, 8, 4, 2, 1. Every instruction set
// gives the same bits.
#pragma once

#include <stdint.h>
#include <string.h>

#include "vec.h"

namespace myelin::MYELIN_NS {
namespace {

constexpr int kLanes = 64;
constexpr int kLaneVecs = kLanes / F32::width;
constexpr int64_t kFoldBlock = 8192;  // longer runs are folded by block, and the blocks joined in order

// Lanes that a term loads and stores: a whole vector, or its first n.
struct Whole {};
struct Part {
  int n;
};
static inline F32 load_some(const float* p, Whole) { return load(p); }
static inline F32 load_some(const float* p, Part part) { return load_n(p, part.n); }
static inline void store_some(float* p, F32 a, Whole) { store(p, a); }
static inline void store_some(float* p, F32 a, Part part) { store_n(p, a, part.n); }
static inline void store_some(int32_t* p, I32 a, Whole) { storei(p, a); }
static inline void store_some(int32_t* p, I32 a, Part part) { storei_n(p, a, part.n); }

static inline float infinity() {
  const uint32_t word = 0x7f800000;
  float value;
  memcpy(&value, &word, 4);
  return value;
}

// The operations of a fold. Joining a value with the identity leaves the value (but -0 + +0 is +0).
struct Sum {
  static float identity() { return 0.0f; }
  static F32 join(F32 a, F32 b) { return a + b; }
  static float join(float a, float b) { return a + b; }
};
struct Prod {
  static float identity() { return 1.0f; }
  static F32 join(F32 a, F32 b) { return a * b; }
  static float join(float a, float b) { return a * b; }
};
struct Max {  // of -0 and +0 it is +0
  static float identity() { return -infinity(); }
  static F32 join(F32 a, F32 b) { return max(a, b); }
  static float join(float a, float b) {
    if (a == b) return a == 0.0f ? a + b : a;
    return a > b || a != a ? a : b;
  }
};
struct Min {  // of -0 and +0 it is -0
  static float identity() { return infinity(); }
  static F32 join(F32 a, F32 b) { return min(a, b); }
  static float join(float a, float b) {
    if (a == b) return a == 0.0f ? -(-a - b) : a;
    return a < b || a != a ? a : b;
  }
};

template <class Op>
static inline float fold_lanes(F32 a) {
  float lanes[F32::width];
  store(lanes, a);
  for (int half = F32::width / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lanes[i] = Op::join(lanes[i], lanes[i + half]);
  return lanes[0];
}

// The terms of [i, end), at most V vectors of them, joined to the lanes; then those are folded.
template <class Op, int V, class Term>
static inline float fold_tail(F32 (&lane)[V], int64_t i, int64_t end, Term term) {
  constexpr int W = F32::width;
  for (int v = 0; v < V; v++, i += W) {
    if (i >= end) break;
    const int n = static_cast<int>(end - i < W ? end - i : W);
    const F32 t = n == W ? term(i, Whole{}) : select(first_n(n), term(i, Part{n}), set1(Op::identity()));
    lane[v] = Op::join(lane[v], t);
  }
  for (int half = V / 2; half > 0; half /= 2)
    for (int v = 0; v < half; v++) lane[v] = Op::join(lane[v], lane[v + half]);
  return fold_lanes<Op>(lane[0]);
}

// At most kFoldBlock terms. A short run has the same bits with fewer lanes, since the others hold the
// identity.
template <class Op, class Term>
static inline float fold_block(int64_t begin, int64_t end, Term term) {
  constexpr int W = F32::width;
  constexpr int kFew = 16 / W;
  if (end - begin <= 16) {
    F32 lane[kFew];
    for (int v = 0; v < kFew; v++) lane[v] = set1(Op::identity());
    return fold_tail<Op>(lane, begin, end, term);
  }
  F32 lane[kLaneVecs];
  for (int v = 0; v < kLaneVecs; v++) lane[v] = set1(Op::identity());
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes)
    for (int v = 0; v < kLaneVecs; v++) lane[v] = Op::join(lane[v], term(i + v * W, Whole{}));
  return fold_tail<Op>(lane, i, end, term);
}

// Joins term(i, count) over i in [0, n), `count` being Whole or Part: term loads with load_some(p + i,
// count).
template <class Op, class Term>
static inline float fold(int64_t n, Term term) {
  float total = fold_block<Op>(0, n < kFoldBlock ? n : kFoldBlock, term);
  for (int64_t i = kFoldBlock; i < n; i += kFoldBlock)
    total = Op::join(total, fold_block<Op>(i, n - i < kFoldBlock ? n : i + kFoldBlock, term));
  return total;
}

// Calls f(i, count) over [0, n), a vector at a time.
template <class F>
static inline void for_each_vec(int64_t n, F f) {
  int64_t i = 0;
  for (; i + F32::width <= n; i += F32::width) f(i, Whole{});
  if (i < n) f(i, Part{static_cast<int>(n - i)});
}

}  // namespace
}  // namespace myelin::MYELIN_NS
