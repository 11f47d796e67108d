// Batch normalization and optimizer updates against plain loops in double.
#include <algorithm>

#include "numeric_test.h"

namespace myelin {

extern const OpDef op_batchNormalization, op_batchNormalizationInference, op_batchNormalizationGrad,
    op_assignMovingAverage, op_sgdUpdate, op_rmspropUpdate, op_adamUpdate, op_adagradUpdate,
    op_adadeltaUpdate, op_adamaxUpdate, op_nadamUpdate, op_lionUpdate;

namespace test {
namespace {

constexpr double kEpsilon = 1e-3;

void test_batch_normalization(Isa isa, int64_t rows, int64_t columns, double shift) {
  const std::string label =
      std::to_string(rows) + "x" + std::to_string(columns) + " at " + std::to_string(shift);
  const Floats x = random_floats({rows, columns}, 21, 1, shift), dy = random_floats({rows, columns}, 22);
  const Floats gamma = random_floats({columns}, 23), beta = random_floats({columns}, 24);
  Floats y({rows, columns}), mean({columns}), variance({columns}), dx({rows, columns}), dgamma({columns}),
      dbeta({columns}), inferred({rows, columns});
  EXPECT(call_all(op_batchNormalization, isa, {x, gamma, beta}, {y, mean, variance}, {kEpsilon}).empty());
  EXPECT(
      call_all(op_batchNormalizationInference, isa, {x, mean, variance, gamma, beta}, {inferred}, {kEpsilon})
          .empty());
  EXPECT(call_all(op_batchNormalizationGrad, isa, {x, mean, variance, gamma, dy}, {dx, dgamma, dbeta},
                  {kEpsilon})
             .empty());
  EXPECT(y == inferred);

  std::vector<double> m(columns), v(columns), dg(columns), db(columns), want(rows * columns),
      want_dx(rows * columns);
  for (int64_t c = 0; c < columns; c++) {
    const auto at = [&](const Floats& a, int64_t r) { return double(a.data[r * columns + c]); };
    for (int64_t r = 0; r < rows; r++) m[c] += at(x, r) / rows;
    for (int64_t r = 0; r < rows; r++) v[c] += (at(x, r) - m[c]) * (at(x, r) - m[c]) / rows;
    const double inverse = 1 / std::sqrt(v[c] + kEpsilon);
    for (int64_t r = 0; r < rows; r++) {
      db[c] += at(dy, r);
      dg[c] += at(dy, r) * (at(x, r) - m[c]) * inverse;
    }
    for (int64_t r = 0; r < rows; r++) {
      const double normal = (at(x, r) - m[c]) * inverse;
      want[r * columns + c] = normal * gamma.data[c] + beta.data[c];
      want_dx[r * columns + c] = gamma.data[c] * inverse * (at(dy, r) - db[c] / rows - normal * dg[c] / rows);
    }
  }
  // The mean itself is rounded: that shows as an offset of an ulp of it, in units of stddev.
  const double offset = 6e-8 * std::fabs(shift) * (rows < 10 ? 40 : 2);
  expect_near("mean " + label, mean, m, 1.2e-7, 2e-7);
  expect_near("variance " + label, variance, v, 1e-5, 1e-9 + offset * offset);
  expect_near("normalized " + label, y, want, 1e-5, 2e-6 + 4 * offset);
  expect_near("dgamma " + label, dgamma, dg, 2e-5, (1e-6 + 2 * offset) * rows);
  expect_near("dbeta " + label, dbeta, db, 1e-5, 3e-7 * std::sqrt(double(rows)) + 1e-6);
  expect_near("dx " + label, dx, want_dx, 3e-5, rows == 1 ? 0 : 6e-6 + 10 * offset);
  for (const auto& [name, array] : {std::pair<const char*, const Floats*>{"mean", &mean},
                                    {"variance", &variance},
                                    {"y", &y},
                                    {"dgamma", &dgamma},
                                    {"dbeta", &dbeta},
                                    {"dx", &dx}})
    expect_same_bits(isa, std::string("batch normalization ") + name + " " + label, *array);
  if (rows == 1)
    for (int64_t c = 0; c < columns; c++) EXPECT(y.data[c] == beta.data[c] && dx.data[c] == 0);
}

void test_refusals(Isa isa) {
  const Floats x({4, 6}), c({6}), wrong({5});
  Floats y({4, 6}), a({6}), b({6});
  for (const double epsilon : {-1.0, std::nan(""), HUGE_VAL})
    EXPECT(!call_all(op_batchNormalization, isa, {x, c, c}, {y, a, b}, {epsilon}).empty());
  EXPECT(!call_all(op_batchNormalization, isa, {x, c, wrong}, {y, a, b}, {kEpsilon}).empty());
  EXPECT(!call_all(op_batchNormalization, isa, {x, c}, {y, a, b}, {kEpsilon}).empty());
  EXPECT(!call_all(op_batchNormalization, isa, {Floats({0, 6}), c, c}, {Floats({0, 6}), a, b}, {kEpsilon})
              .empty());
  EXPECT(
      !call_all(op_batchNormalizationGrad, isa, {x, c, c, c, Floats({6, 4})}, {y, a, b}, {kEpsilon}).empty());
  const std::vector<double> sgd = {0.1, 0, 0, 1, 1, HUGE_VAL, 0, 0};
  const auto with = [&](size_t i, double value) {
    std::vector<double> attrs = sgd;
    attrs[i] = value;
    return attrs;
  };
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b, c}, {}, sgd).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, a}, {}, sgd).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, wrong}, {}, sgd).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b}, {}, {0.1, 0, 0}).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b}, {}, with(2, 3)).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b}, {}, with(3, 0.5)).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b}, {}, with(6, std::nan(""))).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b}, {}, with(7, 1)).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b, c}, {}, with(7, 1)).empty());
  EXPECT(!call_all(op_sgdUpdate, isa, {a, b, a}, {}, with(7, 1)).empty());
  EXPECT(!call_all(op_adamUpdate, isa, {a, b, a, y}, {}, {0.1, 0.9, 0.999, 1e-7, 0, 1, 1, HUGE_VAL, 0, 0}).empty());
  EXPECT(!call_all(op_assignMovingAverage, isa, {a, a}, {}, {0.9}).empty());
  EXPECT(call_all(op_sgdUpdate, isa, {}, {}, sgd).empty());
}

// A slot layout and one scalar step in double: s[0] is the parameter, s[1..] the slots.
struct Optimizer {
  const char* name;
  const OpDef* op;
  int slots;
  std::vector<double> attrs;
  void (*step)(double* s, double g, const double* a);
};

void rmsprop_step(double* s, double g, const double* a) {
  const bool momentum = int(a[4]) % 2 != 0, centered = a[4] >= 2;
  s[1] = a[1] * s[1] + (1 - a[1]) * g * g;
  double* average = s + (momentum ? 3 : 2);
  if (centered) *average = a[1] * *average + (1 - a[1]) * g;
  double step = a[0] * g / std::sqrt(s[1] - (centered ? *average * *average : 0) + a[2]);
  if (momentum) step = s[2] = a[3] * s[2] + step;
  s[0] -= step;
}

void adam_step(double* s, double g, const double* a) {
  s[1] += (g - s[1]) * (1 - a[1]);
  s[2] += (g * g - s[2]) * (1 - a[2]);
  if (a[4] != 0) s[3] = std::max(s[3], s[2]);
  s[0] -= a[0] * s[1] / (std::sqrt(a[4] != 0 ? s[3] : s[2]) + a[3]);
}

void sgd_step(double* s, double g, const double* a) {
  if (a[2] == 0) {
    s[0] -= a[0] * g;
    return;
  }
  s[1] = a[1] * s[1] - a[0] * g;
  s[0] += a[2] == 2 ? a[1] * s[1] - a[0] * g : s[1];
}

void adagrad_step(double* s, double g, const double* a) {
  s[1] += g * g;
  s[0] -= a[0] * g / std::sqrt(s[1] + a[1]);
}

void adadelta_step(double* s, double g, const double* a) {
  s[1] = a[1] * s[1] + (1 - a[1]) * g * g;
  const double change = std::sqrt(s[2] + a[2]) * g / std::sqrt(s[1] + a[2]);
  s[2] = a[1] * s[2] + (1 - a[1]) * change * change;
  s[0] -= a[0] * change;
}

void adamax_step(double* s, double g, const double* a) {
  s[1] += (g - s[1]) * (1 - a[1]);
  s[2] = std::max(a[2] * s[2], std::fabs(g));
  s[0] -= a[0] * s[1] / (s[2] + a[3]);
}

void nadam_step(double* s, double g, const double* a) {
  s[1] += (g - s[1]) * (1 - a[3]);
  s[2] += (g * g - s[2]) * (1 - a[4]);
  s[0] -= (a[0] * s[1] + a[1] * g) / (std::sqrt(a[2] * s[2]) + a[5]);
}

void lion_step(double* s, double g, const double* a) {
  const double c = a[1] * s[1] + (1 - a[1]) * g;
  s[0] -= a[0] * (c > 0 ? 1 : c < 0 ? -1 : 0);
  s[1] = a[2] * s[1] + (1 - a[2]) * g;
}

const Optimizer kOptimizers[] = {
    {"sgd", &op_sgdUpdate, 0, {0.01, 0, 0}, sgd_step},
    {"sgd momentum", &op_sgdUpdate, 1, {0.01, 0.9, 1}, sgd_step},
    {"sgd nesterov", &op_sgdUpdate, 1, {0.01, 0.9, 2}, sgd_step},
    {"rmsprop", &op_rmspropUpdate, 1, {0.001, 0.9, 1e-7, 0, 0}, rmsprop_step},
    {"rmsprop momentum", &op_rmspropUpdate, 2, {0.001, 0.9, 1e-7, 0.8, 1}, rmsprop_step},
    {"rmsprop centered", &op_rmspropUpdate, 2, {0.001, 0.9, 1e-7, 0, 2}, rmsprop_step},
    {"rmsprop centered momentum", &op_rmspropUpdate, 3, {0.001, 0.9, 1e-7, 0.8, 3}, rmsprop_step},
    {"adam", &op_adamUpdate, 2, {0.001, 0.9, 0.999, 1e-7, 0}, adam_step},
    {"adam amsgrad", &op_adamUpdate, 3, {0.001, 0.9, 0.999, 1e-7, 1}, adam_step},
    {"adagrad", &op_adagradUpdate, 1, {0.01, 1e-3}, adagrad_step},
    {"adadelta", &op_adadeltaUpdate, 2, {1, 0.95, 1e-6}, adadelta_step},
    {"adamax", &op_adamaxUpdate, 2, {0.001, 0.9, 0.999, 1e-7}, adamax_step},
    {"nadam", &op_nadamUpdate, 2, {0.0009, 0.0005, 3, 0.9, 0.999, 1e-7}, nadam_step},
    {"lion", &op_lionUpdate, 1, {0.001, 0.9, 0.99}, lion_step},
};

// Behind a rule's own numbers: apply, scale, limit, decay, scaled.
struct Common {
  double scale, limit, decay;
};

void test_optimizer(Isa isa, const Optimizer& o, const Common& common) {
  std::vector<double> attrs = o.attrs;
  for (const double number : {1.0, common.scale, common.limit, common.decay, 0.0}) attrs.push_back(number);
  const std::vector<int64_t> sizes = {1, 10, 0, 784 * 65, 33, 20000};
  const int stride = 2 + o.slots;  // parameter, gradient, slots
  std::vector<Floats> arrays;
  std::vector<std::vector<double>> state;
  for (const int64_t n : sizes) {
    for (int i = 0; i < stride; i++)
      arrays.push_back(i < 2 ? random_floats({n}, uint32_t(i + n)) : Floats({n}));
    const Floats& w = arrays[arrays.size() - stride];
    std::vector<double> s(n * (1 + o.slots));
    for (int64_t k = 0; k < n; k++) s[k * (1 + o.slots)] = w.data[k];
    state.push_back(s);
  }
  for (int step = 0; step < 5; step++) {
    for (size_t p = 0; p < sizes.size(); p++) {
      arrays[p * stride + 1] = random_floats({sizes[p]}, uint32_t(100 * step + p));
      for (int64_t k = 0; k < sizes[p]; k++) {
        double* const s = &state[p][k * (1 + o.slots)];
        const double g = common.scale * arrays[p * stride + 1].data[k];
        s[0] -= common.decay * s[0];
        o.step(s, std::min(std::max(g, -common.limit), common.limit), o.attrs.data());
      }
    }
    EXPECT(call_all(*o.op, isa, std::vector<View>(arrays.begin(), arrays.end()), {}, attrs).empty());
  }
  for (size_t p = 0; p < sizes.size(); p++) {
    for (int i = 0; i <= o.slots; i++) {
      std::vector<double> want(sizes[p]);
      for (int64_t k = 0; k < sizes[p]; k++) want[k] = state[p][k * (1 + o.slots) + i];
      const Floats& got = arrays[p * stride + (i == 0 ? 0 : i + 1)];
      const std::string label = std::string(o.name) + (common.decay > 0 ? ", decayed, " : " ") + std::to_string(p) +
                                " slot " + std::to_string(i);
      expect_near(label, got, want, 2e-6, 2e-6);
      expect_same_bits(isa, label, got);
    }
  }
}

void test_moving_average(Isa isa) {
  Floats running = random_floats({70001}, 1);
  const Floats batch = random_floats({70001}, 2);
  std::vector<double> want(running.data.size());
  for (size_t i = 0; i < want.size(); i++) want[i] = 0.99 * running.data[i] + 0.01 * batch.data[i];
  EXPECT(call_all(op_assignMovingAverage, isa, {running, batch}, {}, {0.99}).empty());
  expect_near("moving average", running, want, 3e-7, 1e-8);
  expect_same_bits(isa, "moving average", running);
}

}  // namespace
}  // namespace test
}  // namespace myelin

int main() {
  using namespace myelin::test;
  return run_everywhere("update", [](myelin::Isa isa) {
    for (const double shift : {0.0, 1000.0})
      for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{1, 5},
                                          {2, 1},
                                          {32, 512},
                                          {33, 37},
                                          {256, 16},
                                          {257, 100},
                                          {1000, 3},
                                          {5000, 131},
                                          {3, 5000}})
        test_batch_normalization(isa, rows, columns, shift);
    for (const Optimizer& o : kOptimizers) {
      test_optimizer(isa, o, {1, HUGE_VAL, 0});
      test_optimizer(isa, o, {0.5, 0.25, 0.01});
    }
    test_moving_average(isa);
    test_refusals(isa);
  });
}
