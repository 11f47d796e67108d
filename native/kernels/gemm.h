// What one thread is asked to do for a matrix product. Filled in by blas/sgemm.cc; read by kernels/gemm.cc.
#pragma once

#include "signatures.h"

namespace myelin {

// What happens to a rectangle of the product after its last k, in this order.
struct GemmEpilogue {
  const float* bias;  // [n] or null; added to every row with a rounding of its own
  bool relu;          // the relu kernel, applied in registers
  Unary* activation;  // or null; y = x = one row of a tile
  const float* attrs;
  // Or null. tile[i * ld + j] is the finished element (row + i, col + j). Each element arrives exactly once, on the
  // thread that computed it; nothing reads a tile that is not in C afterwards. A call brings one register tile, still in
  // the first-level cache, or, from an external BLAS or a product computed transposed, a larger rectangle.
  GemmTile* tile;
  void* tile_context;
};

// op(A)[m, k] * op(B)[k, n], the rectangle of the whole product that starts at (row, col). a, b, c point at the
// rectangle's own first elements; bias points at the whole product's.
struct GemmTask {
  bool ta, tb;
  int64_t m, n, k;
  const float* a;
  int64_t lda;  // between rows as stored
  const float* b;
  int64_t ldb;
  float* c;  // null: a finished tile goes to epilogue->tile and nowhere else
  int64_t ldc;
  bool accumulate;  // the sum over k starts from C instead of 0
  int64_t row, col;
  const GemmEpilogue* epilogue;
  float* work;  // gemm_work(task) floats, 64-byte aligned
};

}  // namespace myelin
