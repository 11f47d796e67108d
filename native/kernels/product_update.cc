// An optimizer's step on a gradient that is a matrix product and never reaches memory. While a register tile of the product is
// computed, the parameter is updated where the tile before it lies: the processor divides and takes roots beside its
// multiply-adds. Bits are those of gemm() and the update after it.
#include "product_update.h"

#include "gemm_blocks.h"
#include "gemm_pack.h"
#include "update_rules.h"

namespace myelin::MYELIN_NS {
namespace {

// Rows of a tile: gemm's, but for a few on NEON, whose tiles leave no register for the update. It pays with 32 registers; with
// 16, updates that divide are faster after the product.
#if defined(MYELIN_TARGET_AVX512)
constexpr bool kPays = true;
constexpr int kHeight = kRows;
#elif defined(MYELIN_TARGET_NEON)
constexpr bool kPays = true;
constexpr int kHeight = 6;
#else
constexpr bool kPays = false;
constexpr int kHeight = kRows;
#endif
constexpr int64_t kColumnsB = 64 * 1024;  // floats of packed B that stay in the second-level cache

int64_t block_columns(const ProductUpdateTask& t) {
  return min_of(round_up(t.n, kPanel), max_of(kPanel, kColumnsB / max_of(1, t.k) / kPanel * kPanel));
}

// A tile whose gradient waits in `gradient`, kPanel floats a row, for the update.
struct Waiting {
  int64_t at = 0;    // its first element in the parameter
  int64_t rows = 0;  // none: nothing waits
  int64_t columns = kPanel;
};

template <class Rule>
class Tiles {
 public:
  explicit Tiles(const ProductUpdateTask& t) : t_(t), rule_(t.state, *t.scalars) {
    for (int s = 0; s < Rule::kArrays; s++) state_[s] = t.state[s];
  }

  // The product's tile of packed a [k, kHeight] and b [k, kPanel]; `next` waits from then on.
  void run(const float* a, const float* b, const Waiting& next) {
    F32 acc[kHeight][kVecs];
#pragma GCC unroll 16
    for (int r = 0; r < kHeight; r++)
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; v++) acc[r][v] = zero();
    const auto step = [&]() MYELIN_INLINE_LAMBDA {
      F32 bv[kVecs];
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; v++) bv[v] = load(b + v * kWidth);
#pragma GCC unroll 16
      for (int r = 0; r < kHeight; r++) {
        const F32 av = set1(a[r]);
#pragma GCC unroll 16
        for (int v = 0; v < kVecs; v++) acc[r][v] = fma(av, bv[v], acc[r][v]);
      }
      a += kHeight;
      b += kPanel;
    };
    // The updates are spread over the products.
    const int64_t stretch = max_of(1, t_.k / (kHeight * kVecs));
    int64_t left = t_.k;
    for (int64_t r = 0; r < waiting_.rows; r++) {
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; v++) {
        update(r, v, Whole{});
        fetch(next.at + r * t_.n + v * kWidth);
        for (int64_t i = min_of(left, stretch); i > 0; i--, left--) step();
      }
    }
    for (; left > 0; left--) step();
    waiting_ = next;
#pragma GCC unroll 16
    for (int r = 0; r < kHeight; r++)
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; v++) store(gradient_ + r * kPanel + v * kWidth, acc[r][v]);
    if (next.columns < kPanel) finish();
  }

  // Updates what waits.
  void finish() {
    for (int64_t r = 0; r < waiting_.rows; r++)
      for (int v = 0; v < kVecs; v++)
        if (const int n = lanes(waiting_.columns, v)) update(r, v, Part{n});
    waiting_.rows = 0;
  }

 private:
  template <class Count>
  MYELIN_INLINE_MEMBER void update(int64_t r, int v, Count count) const {
    rule_(waiting_.at + r * t_.n + v * kWidth, load(gradient_ + r * kPanel + v * kWidth), count);
  }
  MYELIN_INLINE_MEMBER void fetch(int64_t at) const {
    for (int s = 0; s < Rule::kArrays; s++) __builtin_prefetch(state_[s] + at, 1);
  }

  const ProductUpdateTask t_;
  const Rule rule_;
  const float* state_[Rule::kArrays];
  Waiting waiting_;
  alignas(64) float gradient_[kHeight * kPanel];
};

// a [m, k] as tiles [k, kHeight], the last of which is filled up with zeros.
void pack_tiles(const ProductUpdateTask& t, float* to) {
  for (int64_t row = 0; row < t.m; row += kHeight, to += kHeight * t.k) {
    const float* const a = t.ta ? t.a + row : t.a + row * t.lda;
    const int64_t rows = min_of(kHeight, t.m - row);
    if (rows == kHeight) {
      pack_a(t.ta, a, t.lda, kHeight, t.m - row, t.k, to);
      continue;
    }
    for (int64_t k = 0; k < t.k; k++)
      for (int64_t r = 0; r < kHeight; r++)
        to[k * kHeight + r] = r >= rows ? 0.0f : t.ta ? a[k * t.lda + r] : a[r * t.lda + k];
  }
}

template <class Rule>
void run(const ProductUpdateTask& t) {
  if (t.m <= 0 || t.n <= 0) return;
  float* const packed_a = t.work;
  float* const packed_b = packed_a + round_up(round_up(t.m, kHeight) * t.k + kSlack, 16);
  pack_tiles(t, packed_a);
  Tiles<Rule> tiles(t);
  const int64_t block = block_columns(t);
  for (int64_t n0 = 0; n0 < t.n; n0 += block) {
    const int64_t n1 = min_of(t.n, n0 + block);
    for (int64_t col = n0; col < n1; col += kPanel)
      pack_b(false, t.b + col, t.ldb, min_of(kPanel, n1 - col), kPanel, t.k, packed_b + (col - n0) * t.k);
    for (int64_t row = 0; row < t.m; row += kHeight)
      for (int64_t col = n0; col < n1; col += kPanel)
        tiles.run(packed_a + row * t.k, packed_b + (col - n0) * t.k,
                  {row * t.n + col, min_of(kHeight, t.m - row), min_of(kPanel, n1 - col)});
  }
  tiles.finish();
}

}  // namespace

#define UPDATE_RULE(name, ...) \
  void name##_product(const ProductUpdateTask& task) { run<__VA_ARGS__>(task); }
#include "update_rules.def"
#undef UPDATE_RULE

int64_t product_update_work(const ProductUpdateTask& t) {
  return round_up(round_up(t.m, kHeight) * t.k + kSlack, 16) + block_columns(t) * t.k + kSlack;
}

void product_update_grain(int64_t* rows, int64_t* columns) {
  *rows = kPays ? kHeight : 0;
  *columns = kPanel;
}

}  // namespace myelin::MYELIN_NS
