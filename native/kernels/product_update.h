// One thread's task in updating rows of a parameter whose gradient is a matrix product. Filled in by
// ops/matmul_update.cc; read by kernels/product_update.cc.
#pragma once

#include "signatures.h"

namespace myelin {

// The gradient is op(A)[m, k] * B[k, n]. a, b and the arrays of state point at the rows' own first elements.
struct ProductUpdateTask {
  bool ta;  // A is stored [k, m]
  int64_t m, n, k;
  const float* a;
  int64_t lda;  // between rows as stored
  const float* b;
  int64_t ldb;
  float* const* state;  // [m, n] each: the parameter, the optimizer's slots
  const UpdateScalars* scalars;
  float* work;  // product_update_work(task) floats, 64-byte aligned
};

}  // namespace myelin
