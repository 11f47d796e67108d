// The matmul op: broadcasting, transposes, bias and activation against the ops one by one, and what check() refuses. Products
// that are gradients, against the product and the update one after the other.
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

#include "../kernels/product_update.h"
#include "../ops/activation.h"
#include "op_test.h"

namespace myelin {
extern const OpDef op_matmul;
}

namespace myelin::test {
namespace {

using Floats = Array<float>;

Floats numbered(std::vector<int64_t> shape, int seed) {
  Floats x(std::move(shape));
  for (size_t i = 0; i < x.data.size(); i++)
    x.data[i] = static_cast<float>((i * 7 + static_cast<size_t>(seed)) % 23) * 0.125f - 1.3f;
  return x;
}

// One [m, k] x [k, n] product in the textbook's order.
void reference(const float* a, const float* b, bool ta, bool tb, int64_t m, int64_t n, int64_t k, bool fused, float* y) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      float sum = 0;
      for (int64_t q = 0; q < k; q++) {
        const float x = ta ? a[q * m + i] : a[i * k + q], w = tb ? b[j * k + q] : b[q * n + j];
        sum = fused ? std::fma(x, w, sum) : x * w + sum;
      }
      y[i * n + j] = sum;
    }
  }
}

void products(Isa isa) {
  const bool fused = isa != Isa::kBaseline;
  for (int t = 0; t < 4; t++) {
    const bool ta = (t & 1) != 0, tb = (t & 2) != 0;
    const std::vector<double> attrs = {double(ta), double(tb), 0, 0};
    for (const auto& [m, n, k] : {std::array<int64_t, 3>{5, 11, 9}, {33, 40, 70}, {150, 90, 60}}) {
      const std::vector<int64_t> shape_a = ta ? std::vector<int64_t>{k, m} : std::vector<int64_t>{m, k};
      const std::vector<int64_t> shape_b = tb ? std::vector<int64_t>{n, k} : std::vector<int64_t>{k, n};
      const auto with = [](std::vector<int64_t> leading, const std::vector<int64_t>& last) {
        leading.insert(leading.end(), last.begin(), last.end());
        return leading;
      };
      // a [2, 1, 3, m, k] and b [4, 1, k, n] give [2, 4, 3, m, n].
      const Floats a = numbered(with({2, 1, 3}, shape_a), 1), b = numbered(with({4, 1}, shape_b), 5);
      Floats y(with({2, 4, 3}, {m, n})), want = y;
      for (int64_t p = 0; p < 2; p++)
        for (int64_t q = 0; q < 4; q++)
          for (int64_t r = 0; r < 3; r++)
            reference(&a.data[static_cast<size_t>((p * 3 + r) * m * k)], &b.data[static_cast<size_t>(q * k * n)], ta,
                      tb, m, n, k, fused, &want.data[static_cast<size_t>(((p * 4 + q) * 3 + r) * m * n)]);
      EXPECT(call(op_matmul, isa, {a, b}, y, attrs).empty());
      EXPECT(y == want);

      // One b for all of a's leading dimensions.
      const Floats one_b = numbered(shape_b, 5);
      Floats folded(with({2, 1, 3}, {m, n})), want_folded = folded;
      for (int64_t p = 0; p < 6; p++)
        reference(&a.data[static_cast<size_t>(p * m * k)], one_b.data.data(), ta, tb, m, n, k, fused,
                  &want_folded.data[static_cast<size_t>(p * m * n)]);
      EXPECT(call(op_matmul, isa, {a, one_b}, folded, attrs).empty());
      EXPECT(folded == want_folded);
    }
  }
}

void epilogues(Isa isa) {
  const Floats a = numbered({37, 65}, 2), b = numbered({65, 50}, 3), bias = numbered({50}, 4);
  Floats plain({37, 50}), fused({37, 50});
  EXPECT(call(op_matmul, isa, {a, b}, plain, {0, 0, 0, 0}).empty());
  for (int code = 0; code < kActivations; code++) {
    const float alpha = 0.3f;
    Floats want = plain;
    const KernelTable& k = kernels(isa);
    for (size_t i = 0; i < 37; i++) {
      float* row = &want.data[i * 50];
      k.add(row, 1, bias.data.data(), 1, row, 50, nullptr);
      if (Unary* f = activation_kernel(static_cast<Activation>(code), k)) f(row, row, 50, &alpha);
    }
    EXPECT(call(op_matmul, isa, {a, b, bias}, fused, {0, 0, double(code), double(alpha)}).empty());
    EXPECT(fused == want);
  }
}

void updates(Isa isa) {
  const FloatMode mode;
  const KernelTable& k = kernels(isa);
  const std::pair<Update*, ProductUpdate*> rules[] = {
#define UPDATE_RULE(name, ...) {k.name, k.name##_product},
#include "../kernels/update_rules.def"
#undef UPDATE_RULE
  };
  for (const auto& [m, n, depth] : {std::array<int64_t, 3>{1, 16, 1}, {13, 40, 7}, {30, 33, 32}, {64, 512, 3}, {57, 17, 250}, {29, 64, 0}, {40, 1030, 70}}) {
    for (const bool ta : {false, true}) {
      const Floats a = numbered(ta ? std::vector<int64_t>{depth, m} : std::vector<int64_t>{m, depth}, 3);
      const Floats b = numbered({depth, n}, 4);
      Floats gradient({m, n});
      EXPECT(call(op_matmul, isa, {a, b}, gradient, {double(ta), 0, 0, 0}).empty());
      for (const auto& [update, product] : rules) {
        for (const float decay : {0.0f, 0.01f}) {
          const UpdateScalars scalars = {decay == 0 ? 1.0f : 0.5f, decay == 0 ? INFINITY : 2.0f, decay,
                                         {0.01f, 0.9f, 0.1f, 1e-3f, 0.5f, 1e-7f}};
          std::vector<Floats> want, got;
          for (int s = 0; s < 4; s++) want.push_back(numbered({m, n}, 7 + s));
          for (Floats& x : want)
            for (float& v : x.data) v = std::fabs(v);
          got = want;
          float *want_state[4], *got_state[4];
          for (size_t s = 0; s < 4; s++) want_state[s] = want[s].data.data(), got_state[s] = got[s].data.data();
          update(want_state, gradient.data.data(), m * n, scalars);

          ProductUpdateTask task = {ta, m, n, depth, a.data.data(), ta ? m : depth, b.data.data(), n, got_state, &scalars, nullptr};
          const auto bytes = static_cast<size_t>((k.product_update_work(task) + 15) / 16 * 64);
          const std::unique_ptr<void, decltype(&std::free)> work(std::aligned_alloc(64, bytes), std::free);
          task.work = static_cast<float*>(work.get());
          product(task);
          for (size_t s = 0; s < 4; s++) EXPECT(got[s] == want[s]);
        }
      }
    }
  }
}

void refusals(Isa isa) {
  const Floats a({3, 4}), b({4, 5}), other({6, 5}), bias({5}), long_bias({6}), vector({4}), three({3, 4, 5});
  Floats y({3, 5}), wrong({5, 3});
  const Array<int32_t> ints({4, 5});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refuses = [&](const std::vector<View>& in, const View& out, const std::vector<double>& attrs) {
    return !call(op_matmul, isa, in, out, attrs).empty();
  };
  EXPECT(refuses({a}, y, {0, 0, 0, 0}));
  EXPECT(refuses({a, b, bias, bias}, y, {0, 0, 0, 0}));
  EXPECT(refuses({a, b}, y, {0, 0, 0}));
  EXPECT(refuses({a, other}, y, {0, 0, 0, 0}));
  EXPECT(refuses({a, ints}, y, {0, 0, 0, 0}));
  EXPECT(refuses({vector, b}, y, {0, 0, 0, 0}));
  EXPECT(refuses({a, b}, wrong, {0, 0, 0, 0}));
  EXPECT(refuses({a, three}, y, {0, 0, 0, 0}));
  EXPECT(refuses({a, b, long_bias}, y, {0, 0, 0, 0}));
  EXPECT(refuses({a, b}, y, {nan, 0, 0, 0}));
  EXPECT(refuses({a, b}, y, {0, 2, 0, 0}));
  EXPECT(refuses({a, b}, y, {0, 0, 9, 0}));
  EXPECT(refuses({a, b}, y, {0, 0, 0.5, 0}));
  EXPECT(refuses({a, b}, y, {0, 0, nan, 0}));
  EXPECT(!refuses({a, b}, y, {0, 0, 0, nan}));

  const Floats none({3, 0}), nothing({0, 5});
  EXPECT(!refuses({none, nothing}, y, {0, 0, 1, 0}));
  EXPECT(y == Floats({3, 5}));
}

}  // namespace
}  // namespace myelin::test

int main() {
  return myelin::test::run_everywhere("matmul", [](myelin::Isa isa) {
    myelin::test::products(isa);
    myelin::test::epilogues(isa);
    myelin::test::updates(isa);
    myelin::test::refusals(isa);
  });
}
