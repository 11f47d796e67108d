// The families of kernel signatures. n counts elements; pointers need only their type's alignment.
#pragma once

#include <cstdint>

namespace myelin {

// y[i] = f(x[i]); attrs are the op's scalars (alpha, scale, ...), in the op's order. y may be x.
using Unary = void(const float* x, float* y, int64_t n, const float* attrs);

// y[i] = f(a[i * a_step], b[i * b_step]), steps 0 (one scalar for all) or 1. y may be a or b.
using Binary = void(const float* a, int64_t a_step, const float* b, int64_t b_step, float* y, int64_t n,
                    const float* attrs);

// These on int32, wrapping.
using UnaryInt = void(const int32_t* x, int32_t* y, int64_t n);
using BinaryInt = void(const int32_t* a, int64_t a_step, const int32_t* b, int64_t b_step, int32_t* y, int64_t n);

// y[i] = 1 if the comparison holds, else 0.
template <class T>
using Compare = void(const T* a, int64_t a_step, const T* b, int64_t b_step, uint8_t* y, int64_t n);
using CompareFloat = Compare<float>;
using CompareInt = Compare<int32_t>;

// y[i] = cond[i] ? a[i] : b[i]. The float kernel only moves bits, so it serves any type of four bytes.
template <class T>
using Select = void(const uint8_t* cond, int64_t c_step, const T* a, int64_t a_step, const T* b, int64_t b_step, T* y,
                    int64_t n);
using SelectFloat = Select<float>;
using SelectBytes = Select<uint8_t>;

template <class From, class To>
using Convert = void(const From* x, To* y, int64_t n);
using FloatToInt = Convert<float, int32_t>;
using FloatToByte = Convert<float, uint8_t>;
using IntToFloat = Convert<int32_t, float>;
using IntToByte = Convert<int32_t, uint8_t>;
using ByteToInt = Convert<uint8_t, int32_t>;
using ByteToByte = Convert<uint8_t, uint8_t>;

// One sequence of random blocks; simd/philox.h says what they are.
struct RandomStream {
  uint32_t key[2];
  uint32_t counter[3];
};

// The n elements from 4 * block on. What attrs mean is said at each kernel.
using Random = void(const RandomStream& stream, int64_t block, float* y, int64_t n, const float* attrs);
using RandomBits = void(const RandomStream& stream, int64_t block, int32_t* y, int64_t n);
// x is the part of the input that belongs to these elements. y may be x.
using RandomMask = void(const RandomStream& stream, int64_t block, const float* x, float* y, int64_t n,
                        const float* attrs);

// y[c * y_stride + r] = x[r * x_stride + c], strides in elements.
using Transpose = void(const void* x, int64_t x_stride, void* y, int64_t y_stride, int64_t rows, int64_t columns);

// y[i] = x[i] * scale
using ScaleBytes = void(const uint8_t* x, float* y, int64_t n, float scale);

// Reduces the middle axis of x [outer, n, inner], of whose inner columns only the first `columns` are
// visited; n > 0. y[o * columns + c] is the reduction over k of x[(o * n + k) * inner + c].
template <class T, class Out = T>
using Reduce = void(const T* x, Out* y, int64_t outer, int64_t n, int64_t inner, int64_t columns);
template <class T>
using ArgReduce = void(const T* x, int32_t* y, int64_t outer, int64_t n, int64_t inner, int64_t columns);
using ReduceFloat = Reduce<float>;
using ReduceInt = Reduce<int32_t>;
// Sums and products of whole numbers, which are int64: sums exact for n < 2^32; products, of at most 2^31 + 1 in
// magnitude, exact within int32, beyond it otherwise.
using ReduceIntWide = Reduce<int32_t, int64_t>;
using ReduceByteWide = Reduce<uint8_t, int64_t>;
using ReduceWide = Reduce<int64_t>;
using ArgReduceFloat = ArgReduce<float>;
using ArgReduceInt = ArgReduce<int32_t>;

// The sum of squares of g + w * coefficient, each operation rounded; n > 0.
using PenalizedSquares = void(const float* g, const float* w, float coefficient, float* y, int64_t n);

// Row by row, x, y [rows, columns]; columns > 0. y may be x.
using RowMap = void(const float* x, float* y, int64_t rows, int64_t columns);
// The gradient of a RowMap from its output: y, dy, dx [rows, columns]. dx may be dy.
using RowMapGrad = void(const float* y, const float* dy, float* dx, int64_t rows, int64_t columns);

// logits, probs [rows, columns]; loss [rows]; 0 <= labels[r] < columns.
using SparseCrossEntropy = void(const float* logits, const int32_t* labels, float* loss, float* probs,
                                int64_t rows, int64_t columns);
using SparseCrossEntropyGrad = void(const float* probs, const int32_t* labels, const float* dloss,
                                    float* dlogits, int64_t rows, int64_t columns);
// targets [rows, columns].
using CrossEntropy = void(const float* logits, const float* targets, float* loss, float* probs, int64_t rows,
                          int64_t columns);
using CrossEntropyGrad = void(const float* probs, const float* targets, const float* dloss, float* dlogits,
                              int64_t rows, int64_t columns);

// Columns of x [rows, columns], whose rows are `stride` apart; per-column arrays are [columns].
// mean, and m2 = the sum of (x - mean)^2; rows > 0.
using ColumnMoments = void(const float* x, float* mean, float* m2, int64_t rows, int64_t stride,
                           int64_t columns);
// y = x / sqrt(variance + epsilon), all [columns]. y may be x.
using NormalizeScale = void(const float* x, const float* variance, float* y, int64_t columns, float epsilon);
// y = (x - mean) * scale + beta. y may be x.
using Normalize = void(const float* x, const float* mean, const float* scale, const float* beta, float* y,
                       int64_t rows, int64_t stride, int64_t columns);
// sum_dy = the sum of dy, sum_dyx = the sum of dy * (x - mean).
using NormalizeGradSums = void(const float* x, const float* mean, const float* dy, float* sum_dy,
                               float* sum_dyx, int64_t rows, int64_t stride, int64_t columns);
// dx = (dy - mean_dy - (x - mean) * slope) * scale. dx may be dy.
using NormalizeGrad = void(const float* x, const float* mean, const float* dy, const float* mean_dy,
                           const float* slope, const float* scale, float* dx, int64_t rows, int64_t stride,
                           int64_t columns);

// Row by row, x, y [rows, columns], columns > 0: y = (x - mean) * scale * gamma + beta, scale = 1 / sqrt(variance +
// epsilon); gamma, beta [columns]; mean, scale [rows] are results. y may be x.
using LayerNorm = void(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* scale,
                       int64_t rows, int64_t columns, float epsilon);
// With h = (x - mean) * scale and g = dy * gamma, dx = (g - mean of g - h * mean of g * h) * scale. dgamma = the sum of
// dy * h and dbeta = the sum of dy over the rows [columns]. dx may be dy.
using LayerNormGrad = void(const float* x, const float* mean, const float* scale, const float* gamma, const float* dy,
                           float* dx, float* dgamma, float* dbeta, int64_t rows, int64_t columns);

// running[i] = momentum * running[i] + rest * batch[i]
using MovingAverage = void(float* running, const float* batch, int64_t n, float momentum, float rest);

// A test of speed; peak.cc says what it computes. x holds kFmaPeakFloats.
using FmaPeak = int64_t(float* x, int64_t rounds);
constexpr int64_t kFmaPeakFloats = 256;

// Numbers that an optimizer step reads beside its arrays. Where there is a penalty, the gradient is g + w * *penalty, rounded after
// either operation. It is multiplied by scale and clipped to [-limit, limit], the parameter w becomes w - decay * w; then
// the rule acts, whose scalars are listed at each kernel.
struct UpdateScalars {
  float scale, limit, decay;
  float rule[6];
  const float* penalty = nullptr;  // none
};
// One optimizer step on n elements: state[0] is the parameter, state[1..] the optimizer's slots; all are
// updated.
using Update = void(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars);

// An update by a gradient that is a matrix product; product_update.h says what a task is. ProductUpdateWork counts the floats
// of working memory that it needs.
struct ProductUpdateTask;
using ProductUpdate = void(const ProductUpdateTask& task);
using ProductUpdateWork = int64_t(const ProductUpdateTask& task);

// A matrix product; gemm.h says what a task is. Gemm does one, GemmWork counts the floats of working memory it needs.
struct GemmTask;
using Gemm = void(const GemmTask& task);
using GemmWork = int64_t(const GemmTask& task);
// Rows and columns of a full register tile, the grain at which a product is best divided; no rows where the kernel is not
// worth its while.
using GemmGrain = void(int64_t* rows, int64_t* columns);

}  // namespace myelin
