// Reductions by blocks of a fixed size, which threads share.
#pragma once

#include "op.h"
#include "reduce_shape.h"

namespace myelin {

constexpr int64_t kRowBlock = 8192;   // elements of a row reduced in one go
constexpr int64_t kColumnBlock = 64;  // rows of columns reduced in one go
constexpr int64_t kColumnGroup = 256;
constexpr int64_t kReduceGrain = 32768;  // elements that are worth a thread

// Bytes of the context's shared memory that reduce() takes.
template <class T>
int64_t reduce_scratch(ReduceShape s) {
  const int64_t block = s.inner == 1 ? kRowBlock : kColumnBlock;
  int64_t bytes = 0;
  if (s.outer * s.inner == 0) return bytes;
  for (int64_t blocks = s.n; blocks > block;) {
    blocks = (blocks + block - 1) / block;
    bytes += scratch_bytes<T>(s.outer * blocks * s.inner);
  }
  return bytes;
}

// Blocks are reduced on their own and then with one another, in as many rounds as it takes: what is added to
// what depends on the sizes only, and no sum has more than a block's terms one after the other.
// `join` joins what `kernel` has made of the blocks.
template <class T>
void reduce(const T* x, T* y, ReduceShape s, Reduce<T>* kernel, Reduce<T>* join, Context& ctx) {
  const int64_t block = s.inner == 1 ? kRowBlock : kColumnBlock;
  const int64_t blocks = (s.n + block - 1) / block;
  const int64_t groups = (s.inner + kColumnGroup - 1) / kColumnGroup;
  if (blocks == 1 && groups == 1) {
    ctx.for_range(s.outer, kReduceGrain / (s.n * s.inner) + 1, [&](int64_t begin, int64_t end) {
      kernel(x + begin * s.n * s.inner, y + begin * s.inner, end - begin, s.n, s.inner, s.inner);
    });
    return;
  }

  const auto reduce_parts = [&](T* to) {
    const int64_t part = (s.n < block ? s.n : block) * (s.inner < kColumnGroup ? s.inner : kColumnGroup);
    ctx.for_range(s.outer * blocks * groups, kReduceGrain / part + 1, [&](int64_t begin, int64_t end) {
      // From the last to the first: what was written last may still be in the cache.
      for (int64_t i = end - 1; i >= begin; i--) {
        const int64_t c = i % groups * kColumnGroup;
        const int64_t b = i / groups % blocks;
        const int64_t o = i / groups / blocks;
        const int64_t rows = s.n - b * block < block ? s.n - b * block : block;
        const int64_t columns = s.inner - c < kColumnGroup ? s.inner - c : kColumnGroup;
        kernel(x + (o * s.n + b * block) * s.inner + c, to + (o * blocks + b) * s.inner + c, 1, rows, s.inner,
               columns);
      }
    });
  };
  if (blocks == 1) return reduce_parts(y);
  T* const partials = ctx.shared<T>(s.outer * blocks * s.inner);
  reduce_parts(partials);
  reduce<T>(partials, y, {s.outer, blocks, s.inner}, join, join, ctx);
}

}  // namespace myelin
