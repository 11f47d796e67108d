// The only door to a matrix product.
#pragma once

#include "../kernels/gemm.h"
#include "../ops/op.h"

namespace myelin {

// C = op(A) * op(B), then the epilogue; everything row-major. op(A) is [m, k], op(B) is [k, n], and ta, tb say that
// A is stored [k, m], B [n, k]. C must not overlap A or B.
struct GemmProduct {
  bool ta = false, tb = false;
  int64_t m = 0, n = 0, k = 0;
  const float* a = nullptr;
  int64_t lda = 0;  // between rows as stored
  const float* b = nullptr;
  int64_t ldb = 0;
  float* c = nullptr;
  int64_t ldc = 0;
  // Each element's sum over k starts from what C holds. That is not C + product, which rounds differently.
  bool accumulate = false;
  bool alone = false;  // on the caller's thread: for products that are themselves divided among threads
  GemmEpilogue epilogue = {};
};

// Bytes of each thread's own memory that sgemm() takes; pointers are not looked at.
int64_t sgemm_scratch(const Context& ctx, const GemmProduct& product);

// On several threads where it pays. Bits depend on neither the number of threads nor (built in) the instruction set.
// `taken`: bytes of the thread's own memory that the caller uses, in front of what the product takes.
void sgemm(Context& ctx, const GemmProduct& product, int64_t taken = 0);

}  // namespace myelin
