// sgemm() against the textbook loop, bit for bit: every transpose, odd sizes, strides, epilogues, numbers of threads and
// instruction sets. With MYELIN_BLAS set to an external library it compares within a tolerance instead.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "../blas/external.h"
#include "../blas/sgemm.h"
#include "../dispatch/dispatch.h"
#include "working_memory.h"

namespace myelin {
namespace {

int failures = 0;

struct Random {
  uint64_t state;
  uint32_t next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33);
  }
  float uniform() { return static_cast<float>(next()) / 1073741824.0f - 1.0f; }
  std::vector<float> vector(size_t n) {
    std::vector<float> v(n);
    for (float& x : v) x = uniform();
    return v;
  }
};

enum class Finish { kNone, kBias, kRelu, kBiasRelu, kBiasActivation };
constexpr const char* kFinishNames[] = {"none", "bias", "relu", "bias+relu", "bias+activation"};

struct Case {
  int64_t m, n, k;
  bool ta, tb, accumulate;
  Finish finish;
  int64_t pad;  // beyond the row length, in every leading dimension
};

// Any function of one value will do; it must not depend on how a row is divided.
void square_plus_attr(const float* x, float* y, int64_t n, const float* attrs) {
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * x[i] + attrs[0];
}

bool same_bits(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

void check(const Case& t, Isa isa, int threads, bool specials) {
  Random random{static_cast<uint64_t>(t.m * 7919 + t.n * 104729 + t.k * 31 + 1)};
  const int64_t lda = (t.ta ? t.m : t.k) + t.pad, ldb = (t.tb ? t.k : t.n) + t.pad, ldc = t.n + t.pad;
  std::vector<float> a = random.vector(static_cast<size_t>((t.ta ? t.k : t.m) * lda));
  std::vector<float> b = random.vector(static_cast<size_t>((t.tb ? t.n : t.k) * ldb));
  const std::vector<float> bias = random.vector(static_cast<size_t>(t.n));
  const std::vector<float> before = random.vector(static_cast<size_t>(t.m * ldc));
  if (specials && !a.empty() && !b.empty()) {
    a[a.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    b[b.size() / 3] = std::numeric_limits<float>::infinity();
    a[a.size() / 5] = -0.0f;
  }
  std::vector<float> c = before;
  const float attrs[] = {0.25f};

  ThreadPool::instance().set_processors(threads);
  ThreadPool::instance().set_threads(threads);
  Context ctx(kernels(isa), ThreadPool::instance());
  GemmProduct p;
  p.ta = t.ta;
  p.tb = t.tb;
  p.m = t.m;
  p.n = t.n;
  p.k = t.k;
  p.a = a.data();
  p.lda = lda;
  p.b = b.data();
  p.ldb = ldb;
  p.c = c.data();
  p.ldc = ldc;
  p.accumulate = t.accumulate;
  const bool with_bias =
      t.finish == Finish::kBias || t.finish == Finish::kBiasRelu || t.finish == Finish::kBiasActivation;
  const bool with_relu = t.finish == Finish::kRelu || t.finish == Finish::kBiasRelu;
  if (with_bias) p.epilogue.bias = bias.data();
  if (with_relu) p.epilogue.activation = ctx.kernels.relu;
  if (t.finish == Finish::kBiasActivation) {
    p.epilogue.activation = square_plus_attr;
    p.epilogue.attrs = attrs;
  }
  const test::WorkingMemory memory(ctx, {0, sgemm_scratch(ctx, p)});
  sgemm(ctx, p);

  const bool external = external_sgemm() != nullptr;
  for (int64_t i = 0; i < t.m; i++) {
    for (int64_t j = 0; j < ldc; j++) {
      const size_t at = static_cast<size_t>(i * ldc + j);
      float want = before[at];
      float got = c[at];
      if (j < t.n) {
        want = t.accumulate ? want : 0.0f;
        float size = 0;
        for (int64_t q = 0; q < t.k; q++) {
          const float x = t.ta ? a[static_cast<size_t>(q * lda + i)] : a[static_cast<size_t>(i * lda + q)];
          const float y = t.tb ? b[static_cast<size_t>(j * ldb + q)] : b[static_cast<size_t>(q * ldb + j)];
          want = isa == Isa::kBaseline ? x * y + want : std::fma(x, y, want);
          size += std::fabs(x * y);
        }
        const float product = want;
        if (with_bias) ctx.kernels.add(&want, 1, &bias[static_cast<size_t>(j)], 1, &want, 1, nullptr);
        if (with_relu) ctx.kernels.relu(&want, &want, 1, nullptr);
        if (t.finish == Finish::kBiasActivation) square_plus_attr(&want, &want, 1, attrs);
        if (external && !(std::fabs(got - want) > 1e-4f * (1 + size + std::fabs(product)))) got = want;
      }
      if (!same_bits(got, want)) {
        std::printf("FAIL %s, %d threads: %lldx%lldx%lld%s%s%s, %s, pad %lld: [%lld, %lld] is %.9g, not %.9g\n",
                    isa_name(isa), threads, static_cast<long long>(t.m), static_cast<long long>(t.n),
                    static_cast<long long>(t.k), t.ta ? " ta" : "", t.tb ? " tb" : "", t.accumulate ? " +=" : "",
                    kFinishNames[static_cast<int>(t.finish)], static_cast<long long>(t.pad), static_cast<long long>(i),
                    static_cast<long long>(j), double(got), double(want));
        failures++;
        return;
      }
    }
  }
}

void check_isa(Isa isa) {
  std::vector<Case> cases;
  const auto transposes = [&](int64_t m, int64_t n, int64_t k, bool accumulate, Finish finish, int64_t pad) {
    for (int t = 0; t < 4; t++) cases.push_back({m, n, k, (t & 1) != 0, (t & 2) != 0, accumulate, finish, pad});
  };
  // Every height of a tile against every kind of panel.
  for (int64_t m = 1; m <= 33; m++) transposes(m, 1 + m * 5 % 37, 1 + m * 11 % 23, m % 3 == 0, Finish(m % 5), m % 4);
  for (int64_t n = 1; n <= 70; n++) transposes(1 + n % 5, n, 9, n % 2 == 0, Finish(n % 5), n % 3);
  for (int64_t n = 250; n <= 270; n += 3) transposes(1 + n % 4, n, 77, false, Finish::kNone, 1);
  for (int64_t n = 1; n <= 5; n++) {  // few columns
    transposes(150 + n * 37, n, 20 + n * 90, false, n < 4 ? Finish::kBiasRelu : Finish::kBiasActivation, n % 2);
    transposes(70, n, 33, n % 2 == 0, Finish::kBiasActivation, 0);
  }
  // Several blocks of k, of rows and of columns.
  transposes(3, 40, 9000, false, Finish::kBiasRelu, 0);
  transposes(20, 35, 777, true, Finish::kBias, 2);
  transposes(20, 35, 777, false, Finish::kBiasRelu, 2);
  transposes(260, 70, 300, false, Finish::kBiasRelu, 0);
  transposes(611, 45, 515, true, Finish::kBiasActivation, 0);
  transposes(301, 1100, 33, false, Finish::kBiasActivation, 0);
  transposes(233, 1090, 260, false, Finish::kBiasRelu, 0);
  transposes(32, 10, 512, false, Finish::kBias, 0);
  transposes(32, 24, 1024, false, Finish::kNone, 0);
  transposes(90, 512, 40, false, Finish::kBiasRelu, 0);
  transposes(0, 7, 3, false, Finish::kBiasRelu, 0);
  transposes(5, 0, 3, false, Finish::kBiasRelu, 0);
  transposes(5, 7, 0, false, Finish::kBiasRelu, 0);
  transposes(5, 7, 0, true, Finish::kNone, 0);
  const bool quick = external_sgemm() != nullptr;
  for (const Case& c : cases) {
    const int64_t work = c.m * c.n * c.k;
    for (const int threads : {1, 2, 5}) {
      if (threads == 5 && work > 4000000) continue;
      check(c, isa, threads, false);
      if (!quick && work < 100000 && threads == 1) check(c, isa, threads, true);
    }
  }
}

int main() {
  if (blas_error() != nullptr) {
    std::printf("%s\n", blas_error());
    return 1;
  }
  for (int i = 0; i < kIsas; i++) {
    const Isa isa = static_cast<Isa>(i);
    if (!isa_supported(isa)) continue;
    check_isa(isa);
    std::printf("gemm %s, blas %s: %s\n", isa_name(isa), blas_name(), failures == 0 ? "ok" : "failed");
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace myelin

int main() { return myelin::main(); }
