// Shared by the tests of numeric ops, beyond op_test.h: seeded arrays, calls with several outputs, comparison
// with a double reference, and the promise that bits depend neither on threads nor on the instruction set.
#pragma once

#include <cmath>
#include <map>

#include "op_test.h"

namespace myelin::test {

using Floats = Array<float>;
using Ints = Array<int32_t>;
using Shape = std::vector<int64_t>;

// About normal, seeded.
inline Floats random_floats(const Shape& dims, uint32_t seed, double scale = 1, double shift = 0) {
  Floats x(dims);
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (float& v : x.data) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      sum += static_cast<double>(state >> 40) / (1 << 24) - 0.5;
    }
    v = static_cast<float>(sum * scale * 1.7 + shift);
  }
  return x;
}

inline std::string call_all(const OpDef& op, Isa isa, const std::vector<View>& in,
                            const std::vector<View>& out, const std::vector<double>& attrs = {}) {
  OpArgs args;
  args.in = in.data();
  args.ins = static_cast<int>(in.size());
  args.out = out.data();
  args.outs = static_cast<int>(out.size());
  args.attrs = attrs.data();
  args.attr_count = static_cast<int>(attrs.size());
  Context ctx(kernels(isa), ThreadPool::instance());
  return run(op, args, ctx);
}

// |got - want| <= relative * |want| + absolute; NaN and infinities must agree.
inline bool near(float got, double want, double relative, double absolute) {
  if (std::isnan(want) || std::isinf(want)) return std::isnan(want) ? std::isnan(got) : got == want;
  return std::fabs(got - want) <= relative * std::fabs(want) + absolute;
}

inline void expect_near(const std::string& what, const Floats& got, const std::vector<double>& want,
                        double relative, double absolute) {
  for (size_t i = 0; i < want.size(); i++) {
    if (near(got.data[i], want[i], relative, absolute)) continue;
    std::printf("%s [%zu]: got %.9g, want %.9g\n", what.c_str(), i, got.data[i], want[i]);
    failures++;
    return;
  }
}

// The first array seen under a label is what all later ones must equal; the baseline, without FMA, stands
// apart.
template <class T>
void expect_same_bits(Isa isa, const std::string& label, const Array<T>& x) {
  static std::map<std::string, Array<T>> seen;
  const auto [first, fresh] = seen.try_emplace(label + (isa == Isa::kBaseline ? " (baseline)" : ""), x);
  if (fresh || first->second == x) return;
  std::printf("%s: bits differ on %s with %d threads\n", label.c_str(), isa_name(isa),
              ThreadPool::instance().threads());
  failures++;
}

}  // namespace myelin::test
