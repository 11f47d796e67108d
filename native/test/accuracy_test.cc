// Measures the error of the element-wise kernels against libm in double, in units in the last place of
// float, and fails above the bound that docs/design/numerics.md states. Visits every 97th float and special values; with
// the argument `all`, every one.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "../dispatch/dispatch.h"
#include "../runtime/float_mode.h"
#define MYELIN_TARGET_BASELINE
#include "../simd/math.h"

namespace {

using namespace myelin;

float from_bits(uint32_t b) {
  float x;
  std::memcpy(&x, &b, 4);
  return x;
}

double ulp_of(double y) {
  int exponent;
  std::frexp(std::fabs(y), &exponent);
  return std::ldexp(1.0, std::max(exponent - 24, -149));
}

// The number that arithmetic takes x for.
double operand(float x) { return flushes_subnormals() && std::fabs(x) < 0x1p-126f ? std::copysign(0.0, x) : x; }

// Infinite for a wrong special value. Where subnormals are flushed, a result below 2^-120 may be off by what is flushed on
// the way to it, or at its end. Overflow counts from the largest float on.
double ulp_error(float got, double want) {
  if (std::isnan(want)) return std::isnan(got) ? 0 : INFINITY;
  if (std::isnan(got)) return INFINITY;
  if (flushes_subnormals() && std::fabs(want) < 0x1p-120 && std::fabs(got - want) < 0x1.00001p-126) return 0;
  const float rounded = static_cast<float>(want);
  if (got == rounded) return std::isinf(got) || want == 0 ? 0 : std::fabs(got - want) / ulp_of(want);
  if (std::isinf(want) || std::isinf(got)) {
    const double edge = std::ldexp(1.0, 128);
    const double a = std::isinf(got) ? std::copysign(edge, got) : got,
                 b = std::isinf(want) ? std::copysign(edge, want) : want;
    return std::isinf(want) && !std::isinf(rounded) ? INFINITY : std::fabs(a - b) / std::ldexp(1.0, 104);
  }
  return std::fabs(got - want) / ulp_of(want);
}

constexpr float kAttrs[2] = {1, 2};  // alpha; the bounds of clip

// Each op of one operand in double, by its name. Where it is not here, it is libm's.
namespace reference {
using namespace std;

double neg(double x) { return -x; }
double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
double square(double x) { return x * x; }
double rsqrt(double x) { return 1 / std::sqrt(x); }
double reciprocal(double x) { return 1 / x; }
double relu(double x) { return x <= 0 ? 0 : x; }
double clip(double x) { return x < kAttrs[0] ? kAttrs[0] : x > kAttrs[1] ? kAttrs[1] : x; }
double leakyRelu(double x) { return x > 0 ? x : kAttrs[0] * x; }
double elu(double x) { return x > 0 ? x : kAttrs[0] * std::expm1(x); }
double celu(double x) { return x > 0 ? x : kAttrs[0] * std::expm1(x / kAttrs[0]); }
double selu(double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }
double softplus(double x) {
  return std::isnan(x) ? x : std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x)));
}
double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double gelu(double x) { return std::isinf(x) ? (x < 0 ? 0.0 : x) : 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }
double geluTanh(double x) {
  if (std::isinf(x)) return x < 0 ? 0.0 : x;
  return x * sigmoid(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
}
double softsign(double x) { return std::isinf(x) ? std::copysign(1.0, x) : x / (1 + std::fabs(x)); }
double hardSigmoid(double x) { return std::isnan(x) ? x : std::fmin(std::fmax((x + 3) / 6, 0), 1); }
double relu6(double x) { return std::isnan(x) ? x : std::fmin(std::fmax(x, 0), 6); }
double silu(double x) { return std::isinf(x) ? (x < 0 ? -0.0 : x) : x * sigmoid(x); }
double mish(double x) { return std::isinf(x) ? (x < 0 ? -0.0 : x) : x * std::tanh(softplus(x)); }
}  // namespace reference

constexpr float kNever = -INFINITY;

// The largest error: in ulp, on the baseline in baseline_ulp.
struct Bound {
  const char* name;
  double ulp, baseline_ulp;
  float absolute_below = kNever;  // for x below this the bound is absolute
  double absolute = 0;
  bool tiny = false;  // where the result is below 2^-100, either bound will do
};
// Of ops that have another one than kUsual.
const Bound kBounds[] = {
    {"neg", 0, 0},
    {"abs", 0, 0},
    {"sign", 0, 0},
    {"square", 0.5, 0.5},
    {"sqrt", 0.5, 0.5},
    {"rsqrt", 1.5, 1.5},
    {"reciprocal", 0.5, 0.5},
    {"relu", 0, 0},
    {"clip", 0, 0},
    {"leakyRelu", 0, 0},
    {"relu6", 0, 0},
    {"elu", 5, 5},
    {"selu", 5, 5},
    {"celu", 5, 5},
    {"softplus", 5, 5},
    {"softsign", 1.5, 1.5},
    {"sigmoid", 5, 5},
    {"hardSigmoid", 1.5, 1.5},
    {"tanh", 5, 5},
    {"gelu", 5, 8, -1, 2e-7},
    {"geluTanh", 5, 8, -1, 2e-7},
    {"silu", 5, 5, kNever, 0x1p-142, true},
    {"mish", 6, 6, kNever, 0x1p-142, true},
};
const Bound kUsual = {"", 1.5, 2.5};

struct Case {
  const char* name;
  Unary* KernelTable::*kernel;
  double (*reference)(double);
};
const Case kCases[] = {
#define UNARY_OP(name, ...) {#name, &KernelTable::name, reference::name},
#define UNARY_INT_OP(name) UNARY_OP(name)
#include "../kernels/elementwise.def"
};

const Bound& bound_of(const char* name) {
  for (const Bound& b : kBounds)
    if (!std::strcmp(b.name, name)) return b;
  return kUsual;
}

const float kSpecials[] = {0.0f,       -0.0f,      INFINITY,        -INFINITY,     NAN,
                           1e-45f,     -1e-45f,    1.17549435e-38f, 3.4028235e38f, -3.4028235e38f,
                           88.722839f, 88.722832f, -103.97208f,     -87.0f,        87.0f,
                           87.00001f,  1.0f,       -1.0f,           -0.99999994f,  1e5f,
                           1.00001e5f, 5.8f,       5.8000007f,      9.9f,          -9.900001f,
                           4.0f};

bool run(Isa isa, const Case& c, uint32_t stride) {
  constexpr size_t kBlock = 4099;  // odd, so that tails are measured too
  const Bound& limits = bound_of(c.name);
  const double bound = isa == Isa::kBaseline ? limits.baseline_ulp : limits.ulp;
  std::vector<float> x, y(kBlock);
  double worst = 0, worst_absolute = 0;
  float worst_at = 0, worst_absolute_at = 0;
  auto flush = [&] {
    (kernels(isa).*c.kernel)(x.data(), y.data(), static_cast<int64_t>(x.size()), kAttrs);
    for (size_t i = 0; i < x.size(); i++) {
      const double want = c.reference(operand(x[i]));
      const double e = ulp_error(y[i], want);
      const bool tiny = limits.tiny && std::fabs(want) < 0x1p-100 && e > bound;
      if (x[i] < limits.absolute_below || tiny) {
        const double off = std::isnan(y[i]) ? INFINITY : std::fabs(y[i] - want);
        if (off > worst_absolute) worst_absolute = off, worst_absolute_at = x[i];
        continue;
      }
      if (e > worst) worst = e, worst_at = x[i];
    }
    x.clear();
  };
  for (float s : kSpecials) x.push_back(s);
  flush();
  for (uint64_t b = 0; b <= 0xffffffffu; b += stride) {
    x.push_back(from_bits(static_cast<uint32_t>(b)));
    if (x.size() == kBlock) flush();
  }
  flush();
  const bool ok = worst <= bound && worst_absolute <= limits.absolute;
  std::printf("%-8s %-9s %6.3f ulp at %-14.9g (bound %.1f)", isa_name(isa), c.name, worst, worst_at, bound);
  if (limits.tiny)
    std::printf("  results below 2^-100: %.2g at %.9g (bound %.2g)", worst_absolute, worst_absolute_at,
                limits.absolute);
  else if (limits.absolute > 0)
    std::printf("  below %g: %.2g at %.9g (bound %.1g)", limits.absolute_below, worst_absolute, worst_absolute_at,
                limits.absolute);
  std::printf("%s\n", ok ? "" : "  FAILED");
  return ok;
}

// Special values have to be C's; others are compared on pairs from all over the range.
bool run_pow(Isa isa, int64_t count) {
  const float special[] = {0.0f,     -0.0f,     1.0f, -1.0f,       2.0f,       -2.0f,     3.0f,   -3.0f,
                           0.5f,     -0.5f,     2.5f, 16777217.0f, 1e30f,      -1e30f,    1e-40f, -1e-40f,
                           INFINITY, -INFINITY, NAN,  0.99999994f, 1.0000001f, 4194303.5f};
  std::vector<float> a, b;
  for (float s : special)
    for (float t : special) a.push_back(s), b.push_back(t);
  const size_t specials = a.size();
  uint64_t state = 1;
  auto next = [&] {
    return static_cast<uint32_t>((state = state * 6364136223846793005u + 1442695040888963407u) >> 32);
  };
  for (int64_t i = 0; i < count; i++) {
    const float x = i % 2 ? from_bits(next() & 0x7fffffff) : from_bits(0x3f000000 + (next() & 0xffffff));
    const double power =
        (next() / 4294967296.0 * 2 - 1) * 105;  // of e, so that all results from 0 to inf occur
    a.push_back(x);
    b.push_back(static_cast<float>(power / std::log(static_cast<double>(x))));
  }
  std::vector<float> y(a.size());
  kernels(isa).pow(a.data(), 1, b.data(), 1, y.data(), static_cast<int64_t>(a.size()), nullptr);
  double worst = 0;
  size_t at = 0;
  bool ok = true;
  const bool baseline = isa == Isa::kBaseline;
  for (size_t i = 0; i < a.size(); i++) {
    const double want = std::pow(operand(a[i]), operand(b[i]));
    const double e = ulp_error(y[i], want);
    if (i < specials && (want == 0 || std::isinf(want)) &&
        (y[i] != want || std::signbit(y[i]) != std::signbit(want))) {
      std::printf("pow(%g, %g) = %g, not %g\n", a[i], b[i], y[i], want);
      ok = false;
    }
    if (e > worst) worst = e, at = i;
  }
  const double bound = baseline ? 100 : 2.5;
  ok = ok && worst <= bound;
  std::printf("%-8s %-9s %6.3f ulp at %.9g, %.9g (bound %.1f)%s\n", isa_name(isa), "pow", worst, a[at], b[at],
              bound, ok ? "" : "  FAILED");
  return ok;
}

// Gradient kernels with dy = 1, whose operand is the output of the activation or, for softplus and gelu, its input. The
// error is absolute, relative where the derivative is above 1.
double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
double relu_slope(double y) { return y > 0; }
double leaky_relu_slope(double x) { return x > 0 ? 1 : kAttrs[0]; }
double elu_slope(double y) { return y > 0 ? 1 : y + 1; }
double selu_slope(double y) {
  return y > 0 ? 1.0507009873554805 : y + 1.0507009873554805 * 1.6732632423543772;
}
double sigmoid_slope(double y) { return y * (1 - y); }
double tanh_slope(double y) { return 1 - y * y; }
double gelu_slope(double x) {
  return std::isinf(x) ? x > 0 : 0.5 * std::erfc(-x / std::sqrt(2.0)) + x * density(x);
}
double gelu_tanh_slope(double x) {
  if (std::fabs(x) > 1e3) return x > 0;
  const double k = 2 * std::sqrt(2 / M_PI), s = reference::sigmoid(k * (x + 0.044715 * x * x * x));
  return s + x * k * (1 + 3 * 0.044715 * x * x) * s * (1 - s);
}
double relu6_slope(double y) { return y > 0 && y < 6; }
double softsign_slope(double x) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); }
double hard_sigmoid_slope(double x) { return std::fabs(x) < 3 ? 1.0 / 6 : 0; }
double silu_slope(double x) {
  if (std::fabs(x) > 1e3) return x > 0;
  return reference::sigmoid(x) * (1 + x * reference::sigmoid(-x));
}
double mish_slope(double x) {
  if (std::fabs(x) > 1e3) return x > 0;
  const double t = std::tanh(reference::softplus(x));
  return t + x * (1 - t * t) * reference::sigmoid(x);
}
struct GradientCase {
  const char* name;
  Binary* KernelTable::*kernel;
  double (*reference)(double);
  float low, high;  // the operand's range
  double bound;
  bool of_nan = true;  // whether it is NaN for NaN; else, as for relu, it may be anything
};
const GradientCase kGradients[] = {
    {"reluGrad", &KernelTable::reluGrad, relu_slope, 0, INFINITY, 0, false},
    {"leakyReluGrad", &KernelTable::leakyReluGrad, leaky_relu_slope, -INFINITY, INFINITY, 0, false},
    {"eluGrad", &KernelTable::eluGrad, elu_slope, -1, INFINITY, 1e-7},
    {"seluGrad", &KernelTable::seluGrad, selu_slope, -1.7580993f, INFINITY, 2e-7},
    {"sigmoidGrad", &KernelTable::sigmoidGrad, sigmoid_slope, 0, 1, 1e-7},
    {"tanhGrad", &KernelTable::tanhGrad, tanh_slope, -1, 1, 1e-7},
    {"softplusGrad", &KernelTable::softplusGrad, reference::sigmoid, -INFINITY, INFINITY, 2e-7},
    {"geluGrad", &KernelTable::geluGrad, gelu_slope, -INFINITY, INFINITY, 4e-7},
    {"geluTanhGrad", &KernelTable::geluTanhGrad, gelu_tanh_slope, -INFINITY, INFINITY, 4e-7},
    {"celuGrad", &KernelTable::celuGrad, elu_slope, -1, INFINITY, 1e-7},
    {"relu6Grad", &KernelTable::relu6Grad, relu6_slope, 0, 6, 0, false},
    {"softsignGrad", &KernelTable::softsignGrad, softsign_slope, -INFINITY, INFINITY, 2.5e-7},
    {"hardSigmoidGrad", &KernelTable::hardSigmoidGrad, hard_sigmoid_slope, -INFINITY, INFINITY, 1e-7, false},
    {"siluGrad", &KernelTable::siluGrad, silu_slope, -INFINITY, INFINITY, 4e-7},
    {"mishGrad", &KernelTable::mishGrad, mish_slope, -INFINITY, INFINITY, 4e-7},
};

bool run_gradient(Isa isa, const GradientCase& c, uint32_t stride) {
  constexpr int64_t kBlock = 4099;
  const float dy = 1.0f;
  std::vector<float> x, dx(kBlock);
  double worst = 0;
  float worst_at = 0;
  auto flush = [&] {
    (kernels(isa).*c.kernel)(x.data(), 1, &dy, 0, dx.data(), static_cast<int64_t>(x.size()), kAttrs);
    for (size_t i = 0; i < x.size(); i++) {
      if (std::isnan(x[i]) && !c.of_nan) continue;
      const double want = std::isnan(x[i]) ? NAN : c.reference(operand(x[i]));
      const double e = std::isnan(want)    ? (std::isnan(dx[i]) ? 0 : INFINITY)
                       : std::isnan(dx[i]) ? INFINITY
                                           : std::fabs(dx[i] - want) / std::max(1.0, std::fabs(want));
      if (e > worst) worst = e, worst_at = x[i];
    }
    x.clear();
  };
  for (float s : kSpecials)
    if (std::isnan(s) || (s >= c.low && s <= c.high)) x.push_back(s);
  flush();
  for (uint64_t b = 0; b <= 0xffffffffu; b += stride) {
    const float v = from_bits(static_cast<uint32_t>(b));
    if (std::isnan(v) || (v >= c.low && v <= c.high)) x.push_back(v);
    if (x.size() == kBlock) flush();
  }
  flush();
  const bool ok = worst <= c.bound;
  std::printf("%-8s %-12s %.2g at %.9g (bound %.1g)%s\n", isa_name(isa), c.name, worst, worst_at, c.bound,
              ok ? "" : "  FAILED");
  return ok;
}

// Whether every gradient kernel has its case.
bool have_gradients() {
  bool all = true;
  for (const char* name : {
#define BINARY_OP(name, ...) #name,
#include "../kernels/elementwise.def"
       }) {
    const size_t length = std::strlen(name);
    if (length < 4 || std::strcmp(name + length - 4, "Grad") != 0) continue;
    const bool has = std::any_of(std::begin(kGradients), std::end(kGradients),
                                 [&](const GradientCase& c) { return !std::strcmp(c.name, name); });
    if (!has) std::printf("%s has no case\n", name);
    all = all && has;
  }
  return all;
}

// erfinv is no kernel of its own. With y its value, erf(y) differs from x by the error times erf'(y).
bool run_erfinv(uint32_t stride) {
  double worst = 0;
  float worst_at = 0;
  for (int64_t b = 0x3f7fffff; b >= 0; b -= stride) {  // the last float before 1 is the worst
    const float x = from_bits(static_cast<uint32_t>(b)), y = isa_baseline::erfinv({x}).v;
    const double off =
        x < 0.5f ? std::erf(static_cast<double>(y)) - x : (1.0 - x) - std::erfc(static_cast<double>(y));
    const double slope = 2 / std::sqrt(M_PI) * std::exp(-static_cast<double>(y) * y);
    const double e = std::isnan(y) ? INFINITY : std::fabs(off) / slope / ulp_of(y);
    if (e > worst) worst = e, worst_at = x;
    if (isa_baseline::erfinv({-x}).v != -y) worst = INFINITY, worst_at = -x;
  }
  const double bound = 8;
  const bool ends = isa_baseline::erfinv({1.0f}).v == INFINITY &&
                    isa_baseline::erfinv({-1.0f}).v == -INFINITY &&
                    std::isnan(isa_baseline::erfinv({1.5f}).v) && std::isnan(isa_baseline::erfinv({NAN}).v);
  const bool ok = worst <= bound && ends;
  std::printf("%-8s %-9s %6.3f ulp at %-14.9g (bound %.1f)%s\n", "baseline", "erfinv", worst, worst_at, bound,
              ok ? "" : "  FAILED");
  return ok;
}

}  // namespace

int main(int argc, char** argv) {
  const bool all = argc > 1 && !std::strcmp(argv[1], "all");
  const FloatMode mode;
  bool ok = have_gradients() && run_erfinv(all ? 1 : 97);
  for (int i = 0; i < kIsas; i++) {
    const Isa isa = static_cast<Isa>(i);
    if (!isa_supported(isa)) continue;
    for (const Case& c : kCases) ok = run(isa, c, all ? 1 : 97) && ok;
    for (const GradientCase& c : kGradients) ok = run_gradient(isa, c, all ? 1 : 97 * 16 + 1) && ok;
    ok = run_pow(isa, all ? 100000000 / 8 : 1000000) && ok;
  }
  return ok ? 0 : 1;
}
