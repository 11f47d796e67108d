// Layer normalization of x [..., C] along its last axis. attrs of the first: [epsilon].
//   layerNormalization: x, gamma [C], beta [C] -> y, mean [...], scale [...] = 1 / sqrt(variance + epsilon)
//   layerNormalizationGrad: x, mean, scale, gamma, dy -> dx, dgamma [C], dbeta [C]
#include "op.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 8192;  // elements that are worth a thread
constexpr int64_t kBlock = 128;   // rows that one part of dgamma and dbeta is summed over

bool is_like(const View& v, const View& x) { return v.is_float() && same_shape(v, x); }
bool is_per_column(const View& v, const View& x) {
  return v.is_float() && v.rank == 1 && v.dims[0] == x.dim(-1);
}
bool is_per_row(const View& v, const View& x) {
  if (!v.is_float() || v.rank != x.rank - 1) return false;
  for (int i = 0; i < v.rank; i++)
    if (v.dims[i] != x.dims[i]) return false;
  return true;
}

const char* check_x(const OpArgs& a) {
  const View& x = a.in[0];
  if (!x.is_float() || x.rank < 1) return "x must be float32 of rank 1 or more";
  if (x.dim(-1) == 0) return "there are no statistics of zero elements";
  if (!is_like(a.out[0], x)) return "the first output must be like x";
  return nullptr;
}

const char* check(const OpArgs& a) {
  if (a.ins != 3 || a.outs != 3 || a.attr_count != 1)
    return "has the wrong number of inputs, outputs or attributes";
  if (!(a.attr(0) >= 0 && a.attr(0) <= 3.4e38f)) return "epsilon must be finite and not negative";
  if (const char* wrong = check_x(a)) return wrong;
  const View& x = a.in[0];
  if (!is_per_column(a.in[1], x) || !is_per_column(a.in[2], x))
    return "gamma and beta must be float32 with one element a column";
  if (!is_per_row(a.out[1], x) || !is_per_row(a.out[2], x))
    return "mean and scale must have x's leading axes";
  return nullptr;
}

const char* check_grad(const OpArgs& a) {
  if (a.ins != 5 || a.outs != 3 || a.attr_count != 0)
    return "has the wrong number of inputs, outputs or attributes";
  if (const char* wrong = check_x(a)) return wrong;
  const View& x = a.in[0];
  if (!is_per_row(a.in[1], x) || !is_per_row(a.in[2], x)) return "mean and scale must have x's leading axes";
  if (!is_per_column(a.in[3], x) || !is_per_column(a.out[1], x) || !is_per_column(a.out[2], x))
    return "gamma, dgamma and dbeta must be float32 with one element a column";
  if (!is_like(a.in[4], x)) return "dy must be like x";
  return nullptr;
}

const char* run(const OpArgs& a, Context& ctx) {
  const int64_t columns = a.in[0].dim(-1);
  ctx.for_range(a.in[0].size() / columns, (kGrain + columns - 1) / columns,
                     [&](int64_t begin, int64_t end) {
                       const int64_t at = begin * columns;
                       ctx.kernels.layer_norm(a.in[0].f32() + at, a.in[1].f32(), a.in[2].f32(),
                                              a.out[0].f32() + at, a.out[1].f32() + begin,
                                              a.out[2].f32() + begin, end - begin, columns, a.attr(0));
                     });
  return nullptr;
}

int64_t blocks_of(int64_t rows) { return rows > 0 ? (rows + kBlock - 1) / kBlock : 1; }

ScratchSize grad_scratch(const OpArgs& a, const Context&) {
  const int64_t columns = a.in[0].dim(-1);
  return {scratch_bytes<float>(blocks_of(a.in[0].size() / columns) * 2 * columns)};
}

// The blocks' sums are joined two by two, halving their number each time: an order that depends on sizes only.
const char* run_grad(const OpArgs& a, Context& ctx) {
  const int64_t columns = a.in[0].dim(-1), rows = a.in[0].size() / columns;
  float* const dgamma = a.out[1].f32();
  float* const dbeta = a.out[2].f32();
  const int64_t blocks = blocks_of(rows);
  float* const sums = ctx.shared<float>(blocks * 2 * columns);
  const int64_t most = rows < kBlock ? rows + 1 : kBlock;
  ctx.for_range(blocks, (kGrain + most * columns - 1) / (most * columns),
                     [&](int64_t begin, int64_t end) {
                       for (int64_t b = begin; b < end; b++) {
                         const int64_t row = b * kBlock, at = row * columns;
                         const int64_t count = rows - row < kBlock ? rows - row : kBlock;
                         float* const to = sums + b * 2 * columns;
                         ctx.kernels.layer_norm_grad(a.in[0].f32() + at, a.in[1].f32() + row,
                                                     a.in[2].f32() + row, a.in[3].f32(), a.in[4].f32() + at,
                                                     a.out[0].f32() + at, to, to + columns, count, columns);
                       }
                     });
  for (int64_t count = blocks; count > 1;) {
    const int64_t kept = (count + 1) / 2;
    for (int64_t b = 0; b + kept < count; b++)
      for (int64_t c = 0; c < 2 * columns; c++)
        sums[b * 2 * columns + c] += sums[(b + kept) * 2 * columns + c];
    count = kept;
  }
  for (int64_t c = 0; c < columns; c++) {
    dgamma[c] = sums[c];
    dbeta[c] = sums[columns + c];
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_layerNormalization{"layerNormalization", check, run};
extern const OpDef op_layerNormalizationGrad{"layerNormalizationGrad", check_grad, run_grad, grad_scratch};

}  // namespace myelin
