// An external cblas_sgemm, loaded at run time when MYELIN_BLAS asks for one: builtin, openblas, blis, mkl, accelerate or
// the path of a library. On macOS the default is accelerate, elsewhere builtin.
#pragma once

namespace myelin {

using CblasSgemm = void(int order, int ta, int tb, int m, int n, int k, float alpha, const float* a, int lda,
                        const float* b, int ldb, float beta, float* c, int ldc);

// Null when the built-in product is in use. Loaded when first asked for; single-threaded.
CblasSgemm* external_sgemm();

// The library that MYELIN_BLAS (or the default) came to: "builtin", "openblas", ..., or the path.
const char* blas_name();

// An unusable MYELIN_BLAS in words, or nullptr. Checked when the addon is loaded.
const char* blas_error();

}  // namespace myelin
