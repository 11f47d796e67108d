// matmul: in a [..., m, k], b [..., k, n], optionally bias [n]; out [..., m, n]. Leading dimensions broadcast. attrs:
// transposeA, transposeB (a is [..., k, m], b is [..., n, k]), an Activation, its attribute.
#include "../blas/sgemm.h"
#include "activation.h"
#include "words.h"

namespace myelin {
namespace {

constexpr double kBatchMacs = 1e6;  // a product of fewer multiply-adds is not worth dividing if there are others
constexpr double kGrainMacs = 160e3;

// Dimension i of `rank` leading ones, counted as if the shape began with ones.
int64_t leading_dim(const View& v, int i, int rank) {
  const int own = i - (rank - (v.rank - 2));
  return own < 0 ? 1 : v.dims[own];
}

const char* check(const OpArgs& args) {
  if (args.ins < 2 || args.ins > 3 || args.outs != 1 || args.attr_count != 4)
    return "expects two or three inputs, one output and four attributes";
  if (!whole_attr(args, 0, 0, 1) || !whole_attr(args, 1, 0, 1)) return "transposeA and transposeB must be 0 or 1";
  if (!whole_attr(args, 2, 0, kActivations - 1)) return "the activation is unknown";
  const View &a = args.in[0], &b = args.in[1], &y = args.out[0];
  if (!a.is_float() || !b.is_float() || !y.is_float()) return "a, b and the product must be float32";
  if (a.rank < 2 || b.rank < 2 || a.rank > kMaxRank || b.rank > kMaxRank) return "a and b must be of rank 2 or more";
  const bool ta = args.attr_int(0) != 0, tb = args.attr_int(1) != 0;
  const int64_t m = a.dim(ta ? -1 : -2), k = a.dim(ta ? -2 : -1), n = b.dim(tb ? -2 : -1);
  const int64_t b_k = b.dim(tb ? -1 : -2);
  if (k != b_k)
    return words("inner dimensions differ: %lld and %lld", static_cast<long long>(k), static_cast<long long>(b_k));
  if (y.rank != (a.rank > b.rank ? a.rank : b.rank)) return "the product's rank must be the larger of a's and b's";
  if (y.dim(-2) != m || y.dim(-1) != n) return "the product's last dimensions must be m and n";
  for (int i = 0; i < y.rank - 2; i++) {
    const int64_t da = leading_dim(a, i, y.rank - 2), db = leading_dim(b, i, y.rank - 2);
    if (da != db && da != 1 && db != 1) return "leading dimensions do not broadcast";
    if (y.dims[i] != (da == 1 ? db : da)) return "the product's leading dimensions must be a's and b's, broadcast";
  }
  if (args.ins == 3 && (!args.in[2].is_float() || args.in[2].rank != 1 || args.in[2].dims[0] != n))
    return "bias must be float32 of shape [n]";
  return nullptr;
}

// Which matrix of v belongs to product `index` of y's leading dimensions.
int64_t matrix_of(const View& v, const View& y, int64_t index) {
  int64_t at = 0, stride = 1;
  for (int i = y.rank - 3; i >= 0; i--) {
    const int64_t dim = leading_dim(v, i, y.rank - 2);
    if (dim != 1) at += index % y.dims[i] * stride;
    stride *= dim;
    index /= y.dims[i];
  }
  return at;
}

// The products that it comes to: so many, all of one size. The result is not empty.
int64_t products_of(const OpArgs& args, GemmProduct* p) {
  const View &a = args.in[0], &b = args.in[1], &y = args.out[0];
  p->ta = args.attr_int(0) != 0;
  p->tb = args.attr_int(1) != 0;
  p->m = y.dim(-2);
  p->n = y.dim(-1);
  p->k = a.dim(p->ta ? -2 : -1);
  p->lda = a.dim(-1);
  p->ldb = b.dim(-1);
  p->ldc = p->n;
  const int64_t products = y.size() / (p->m * p->n);
  int64_t b_products = 1;
  for (int i = 0; i < b.rank - 2; i++) b_products *= b.dims[i];
  if (b_products > 1 || p->ta) return products;
  p->m *= products;  // all of a's rows meet the same b
  return 1;
}

ScratchSize scratch(const OpArgs& args, const Context& ctx) {
  if (args.out[0].size() == 0) return {};
  GemmProduct p;
  products_of(args, &p);
  return {0, sgemm_scratch(ctx, p)};
}

const char* run(const OpArgs& args, Context& ctx) {
  const View &a = args.in[0], &b = args.in[1], &y = args.out[0];
  if (y.size() == 0) return nullptr;
  const float alpha = args.attr(3);
  GemmProduct p;
  const int64_t products = products_of(args, &p);
  p.epilogue.bias = args.ins == 3 ? args.in[2].f32() : nullptr;
  p.epilogue.activation = activation_kernel(static_cast<Activation>(args.attr_int(2)), ctx.kernels);
  p.epilogue.attrs = &alpha;
  const auto run_one = [&](int64_t index) {
    GemmProduct one = p;
    one.a = a.f32() + (products == 1 ? 0 : matrix_of(a, y, index) * p.m * p.k);
    one.b = b.f32() + (products == 1 ? 0 : matrix_of(b, y, index) * p.k * p.n);
    one.c = y.f32() + index * p.m * p.n;
    sgemm(ctx, one);
  };
  const double macs = double(p.m) * double(p.n) * double(p.k);
  if (products > 1 && macs < kBatchMacs) {
    ctx.for_range(products, static_cast<int64_t>(kGrainMacs / (macs + 1)) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) run_one(i);
    });
  } else {
    for (int64_t i = 0; i < products; i++) run_one(i);
  }
  return nullptr;
}

}  // namespace

extern const OpDef op_matmul{"matmul", check, run, scratch};

}  // namespace myelin
