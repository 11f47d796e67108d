// Batch normalization of x [rows, C] (leading axes count as rows). attrs [epsilon].
//   batchNormalization: x, gamma, beta -> y, mean [C], variance [C] (biased)
//   batchNormalizationInference: x, mean, variance, gamma, beta -> y
//   batchNormalizationGrad: x, mean, variance, gamma, dy -> dx, dgamma, dbeta
// y = (x - mean) * (gamma / sqrt(variance + epsilon)) + beta, the same arithmetic in training and inference.
#include "op.h"

namespace myelin {
namespace {

constexpr int64_t kBlock = 128;        // rows whose statistics are taken in one go
constexpr int64_t kColumnGroup = 256;  // columns that are worth a call of their own
constexpr int64_t kGrain = 8192;       // elements that are worth a thread

struct Blocks {
  int64_t rows, columns;
  int64_t count() const { return (rows + kBlock - 1) / kBlock; }
  int64_t size(int64_t b) const { return rows - b * kBlock < kBlock ? rows - b * kBlock : kBlock; }
};

// Calls f(block, first column, columns) for every block of rows and every group of columns.
template <class F>
void for_each_block(Blocks blocks, Context& ctx, F f) {
  const int64_t groups = (blocks.columns + kColumnGroup - 1) / kColumnGroup;
  const int64_t rows = blocks.rows < kBlock ? blocks.rows : kBlock;
  const int64_t columns = blocks.columns < kColumnGroup ? blocks.columns : kColumnGroup;
  ctx.for_range(blocks.count() * groups, (kGrain + rows * columns - 1) / (rows * columns),
                 [&](int64_t begin, int64_t end) {
                   while (begin < end) {
                     const int64_t b = begin / groups;
                     const int64_t first = begin % groups;
                     const int64_t last = end - b * groups < groups ? end - b * groups : groups;
                     const int64_t to =
                         last * kColumnGroup < blocks.columns ? last * kColumnGroup : blocks.columns;
                     f(b, first * kColumnGroup, to - first * kColumnGroup);
                     begin = b * groups + last;
                   }
                 });
}

// Calls join(into, from) on blocks until all are in block 0, halving their number each time.
template <class F>
void join_blocks(int64_t count, F join) {
  while (count > 1) {
    const int64_t kept = (count + 1) / 2;
    for (int64_t b = 0; b + kept < count; b++) join(b, b + kept);
    count = kept;
  }
}

// mean and variance of every column. Blocks are joined by Chan, Golub and LeVeque's formula.
void statistics(const float* x, Blocks blocks, float* mean, float* variance, Context& ctx) {
  const int64_t columns = blocks.columns;
  const int64_t count = blocks.count();
  float* const means = ctx.shared<float>(count * 2 * columns);
  float* const size = ctx.shared<float>(count);
  float* const m2s = means + count * columns;
  for_each_block(blocks, ctx, [&](int64_t b, int64_t c, int64_t n) {
    ctx.kernels.column_moments(x + b * kBlock * columns + c, means + b * columns + c, m2s + b * columns + c,
                               blocks.size(b), columns, n);
  });
  for (int64_t b = 0; b < count; b++) size[b] = static_cast<float>(blocks.size(b));
  join_blocks(count, [&](int64_t a, int64_t b) {
    const float share = size[b] / (size[a] + size[b]);
    const float weight = size[a] * share;
    for (int64_t c = 0; c < columns; c++) {
      const float delta = means[b * columns + c] - means[a * columns + c];
      means[a * columns + c] += delta * share;
      m2s[a * columns + c] += m2s[b * columns + c] + delta * delta * weight;
    }
    size[a] += size[b];
  });
  const float rows = static_cast<float>(blocks.rows);
  for (int64_t c = 0; c < columns; c++) {
    mean[c] = means[c];
    variance[c] = m2s[c] / rows;
  }
}

void normalize(const OpArgs& a, const float* mean, const float* variance, const View& gamma, const View& beta,
               Context& ctx) {
  const int64_t columns = gamma.size();
  float* const scale = ctx.shared<float>(columns);
  ctx.kernels.normalize_scale(gamma.f32(), variance, scale, columns, a.attr(0));
  ctx.for_range(a.in[0].size() / columns, (kGrain + columns - 1) / columns,
                     [&](int64_t begin, int64_t end) {
                       ctx.kernels.normalize(a.in[0].f32() + begin * columns, mean, scale, beta.f32(),
                                             a.out[0].f32() + begin * columns, end - begin, columns, columns);
                     });
}

const char* check_views(const OpArgs& a, int ins, int outs) {
  if (a.ins != ins || a.outs != outs || a.attr_count != 1)
    return "has the wrong number of inputs, outputs or attributes";
  if (!(a.attr(0) >= 0 && a.attr(0) <= 3.4e38f)) return "epsilon must be finite and not negative";
  const View& x = a.in[0];
  if (!x.is_float() || x.rank < 1) return "x must be float32 of rank 1 or more";
  if (!a.out[0].is_float() || !same_shape(a.out[0], x)) return "the first output must be like x";
  return nullptr;
}

const char* check_columns(const OpArgs& a, const View* v, int count) {
  for (int i = 0; i < count; i++)
    if (!v[i].is_float() || v[i].rank != 1 || v[i].dims[0] != a.in[0].dim(-1))
      return "per-column tensors must be float32 with one element a column";
  return nullptr;
}

bool has_no_rows(const View& x) { return x.size() == 0 && x.dim(-1) > 0; }

const char* check_training(const OpArgs& a) {
  if (const char* wrong = check_views(a, 3, 3)) return wrong;
  if (const char* wrong = check_columns(a, a.in + 1, 2)) return wrong;
  if (const char* wrong = check_columns(a, a.out + 1, 2)) return wrong;
  return has_no_rows(a.in[0]) ? "there are no statistics of zero rows" : nullptr;
}

const char* check_inference(const OpArgs& a) {
  if (const char* wrong = check_views(a, 5, 1)) return wrong;
  return check_columns(a, a.in + 1, 4);
}

const char* check_grad(const OpArgs& a) {
  if (const char* wrong = check_views(a, 5, 3)) return wrong;
  if (const char* wrong = check_columns(a, a.in + 1, 3)) return wrong;
  if (const char* wrong = check_columns(a, a.out + 1, 2)) return wrong;
  if (!a.in[4].is_float() || !same_shape(a.in[4], a.in[0])) return "dy must be like x";
  return has_no_rows(a.in[0]) ? "there are no statistics of zero rows" : nullptr;
}

const char* run_training(const OpArgs& a, Context& ctx) {
  if (a.in[0].size() == 0) return nullptr;
  const int64_t columns = a.in[0].dim(-1);
  float* const mean = a.out[1].f32();
  float* const variance = a.out[2].f32();
  statistics(a.in[0].f32(), {a.in[0].size() / columns, columns}, mean, variance, ctx);
  normalize(a, mean, variance, a.in[1], a.in[2], ctx);
  return nullptr;
}

const char* run_inference(const OpArgs& a, Context& ctx) {
  if (a.in[0].size() == 0) return nullptr;
  normalize(a, a.in[1].f32(), a.in[2].f32(), a.in[3], a.in[4], ctx);
  return nullptr;
}

// With g = dy and z = x - mean: dx = (g - mean of g - z * (mean of g * z) / (variance + epsilon)) * scale.
const char* run_grad(const OpArgs& a, Context& ctx) {
  if (a.in[0].size() == 0) return nullptr;
  const int64_t columns = a.in[0].dim(-1);
  const Blocks blocks{a.in[0].size() / columns, columns};
  const float* const x = a.in[0].f32();
  const float* const mean = a.in[1].f32();
  const float* const variance = a.in[2].f32();
  const float* const dy = a.in[4].f32();

  const int64_t count = blocks.count();
  float* const sums = ctx.shared<float>(count * 2 * columns);  // of g and of g * z, a block after the other
  for_each_block(blocks, ctx, [&](int64_t b, int64_t c, int64_t n) {
    const int64_t at = b * kBlock * columns + c;
    float* const to = sums + b * 2 * columns + c;
    ctx.kernels.normalize_grad_sums(x + at, mean + c, dy + at, to, to + columns, blocks.size(b), columns, n);
  });
  join_blocks(count, [&](int64_t into, int64_t from) {
    for (int64_t c = 0; c < 2 * columns; c++) sums[into * 2 * columns + c] += sums[from * 2 * columns + c];
  });

  float* const mean_dy = ctx.shared<float>(3 * columns);
  float* const slope = mean_dy + columns;
  float* const scale = slope + columns;
  const float rows = static_cast<float>(blocks.rows);
  const float epsilon = a.attr(0);
  for (int64_t c = 0; c < columns; c++) {
    a.out[2].f32()[c] = sums[c];
    mean_dy[c] = sums[c] / rows;
    slope[c] = sums[columns + c] / rows / (variance[c] + epsilon);
  }
  ctx.kernels.normalize_scale(sums + columns, variance, a.out[1].f32(), columns, epsilon);
  ctx.kernels.normalize_scale(a.in[3].f32(), variance, scale, columns, epsilon);
  ctx.for_range(blocks.rows, (kGrain + columns - 1) / columns, [&](int64_t begin, int64_t end) {
    const int64_t at = begin * columns;
    ctx.kernels.normalize_grad(x + at, mean, dy + at, mean_dy, slope, scale, a.out[0].f32() + at, end - begin,
                               columns, columns);
  });
  return nullptr;
}

Blocks blocks_of(const View& x) {
  const int64_t columns = x.dim(-1);
  return {columns == 0 ? 0 : x.size() / columns, columns};
}

ScratchSize training_scratch(const OpArgs& a, const Context&) {
  const Blocks b = blocks_of(a.in[0]);
  return {scratch_bytes<float>(b.count() * 2 * b.columns) + scratch_bytes<float>(b.count()) +
          scratch_bytes<float>(b.columns)};
}

ScratchSize inference_scratch(const OpArgs& a, const Context&) { return {scratch_bytes<float>(a.in[0].dim(-1))}; }

ScratchSize grad_scratch(const OpArgs& a, const Context&) {
  const Blocks b = blocks_of(a.in[0]);
  return {scratch_bytes<float>(b.count() * 2 * b.columns) + scratch_bytes<float>(3 * b.columns)};
}

}  // namespace

extern const OpDef op_batchNormalization{"batchNormalization", check_training, run_training, training_scratch};
extern const OpDef op_batchNormalizationInference{"batchNormalizationInference", check_inference, run_inference,
                                                  inference_scratch};
extern const OpDef op_batchNormalizationGrad{"batchNormalizationGrad", check_grad, run_grad, grad_scratch};

}  // namespace myelin
