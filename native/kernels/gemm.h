// One thread's task in a matrix product. Filled in by blas/sgemm.cc; read by kernels/gemm.cc.
#pragma once

#include "signatures.h"

namespace myelin {

// Operations on a rectangle of the product after its last k, in this order.
struct GemmEpilogue {
  const float* bias;  // [n] or null; added to every row with a rounding of its own
  bool relu;          // the relu kernel, applied in registers
  Unary* activation;  // or null; y = x = a part of a row
  const float* attrs;
};

// op(A)[m, k] * op(B)[k, n], the rectangle of the whole product that starts at column col. a, b, c point at the
// rectangle's own first elements; bias points at the whole product's.
struct GemmTask {
  bool ta, tb;
  int64_t m, n, k;
  const float* a;
  int64_t lda;  // between rows as stored
  const float* b;
  int64_t ldb;
  float* c;
  int64_t ldc;
  bool accumulate;  // the sum over k starts from C instead of 0
  int64_t col;
  const GemmEpilogue* epilogue;
  float* work;  // gemm_work(task) floats, 64-byte aligned
};

}  // namespace myelin
