// Reductions, softmax and cross-entropy against plain loops in double.
#include <algorithm>

#include "numeric_test.h"

namespace myelin {

extern const OpDef op_sum, op_prod, op_max, op_min, op_argMax, op_argMin, op_softmax, op_logSoftmax,
    op_softmaxGrad, op_logSoftmaxGrad, op_sparseSoftmaxCrossEntropy, op_sparseSoftmaxCrossEntropyGrad,
    op_softmaxCrossEntropy, op_softmaxCrossEntropyGrad;

namespace test {
namespace {

struct Case {
  int64_t outer, n, inner;
  std::string name() const {
    return std::to_string(outer) + "x" + std::to_string(n) + "x" + std::to_string(inner);
  }
};

const Case kCases[] = {{1, 1, 1},      {3, 7, 1},      {5, 64, 1},   {2, 65, 1},     {1000, 10, 1},
                       {3, 1000, 1},   {1, 8192, 1},   {1, 8193, 1}, {2, 100003, 1}, {1, 1000000, 1},
                       {1, 4, 3},      {7, 5, 17},     {2, 32, 512}, {1, 257, 33},   {1, 70001, 3},
                       {3, 300, 2100}, {1, 3, 100000}, {64, 9, 64}};

const float kNan = std::nanf("");
const float kInfinity = HUGE_VALF;

void test_reduce(Isa isa) {
  for (const Case& c : kCases) {
    const Floats x = random_floats({c.outer, c.n, c.inner}, 1, 1, 0.3);
    const std::vector<double> attrs = {double(c.outer), double(c.n), double(c.inner)};
    const int64_t outs = c.outer * c.inner;
    std::vector<double> sums(outs), highs(outs, -HUGE_VAL), lows(outs, HUGE_VAL);
    std::vector<int32_t> arg_high(outs), arg_low(outs);
    for (int64_t o = 0; o < c.outer; o++)
      for (int64_t k = 0; k < c.n; k++)
        for (int64_t i = 0; i < c.inner; i++) {
          const float v = x.data[(o * c.n + k) * c.inner + i];
          const int64_t at = o * c.inner + i;
          sums[at] += v;
          if (v > highs[at]) highs[at] = v, arg_high[at] = int32_t(k);
          if (v < lows[at]) lows[at] = v, arg_low[at] = int32_t(k);
        }
    Floats y({outs});
    EXPECT(call_all(op_sum, isa, {x}, {y}, attrs).empty());
    expect_near("sum " + c.name(), y, sums, 1e-6, 3e-7 * std::sqrt(double(c.n)) + 1e-9 * c.n);
    expect_same_bits(isa, "sum " + c.name(), y);
    EXPECT(call_all(op_max, isa, {x}, {y}, attrs).empty());
    expect_near("max " + c.name(), y, highs, 0, 0);
    EXPECT(call_all(op_min, isa, {x}, {y}, attrs).empty());
    expect_near("min " + c.name(), y, lows, 0, 0);
    Ints index({outs});
    EXPECT(call_all(op_argMax, isa, {x}, {index}, attrs).empty());
    EXPECT(index.data == arg_high);
    EXPECT(call_all(op_argMin, isa, {x}, {index}, attrs).empty());
    EXPECT(index.data == arg_low);

    Floats near_one = x;
    for (float& v : near_one.data) v = 1 + (v - 0.3f) / 1000;
    std::vector<double> products(outs, 1);
    for (int64_t i = 0; i < int64_t(x.data.size()); i++)
      products[i / (c.n * c.inner) * c.inner + i % c.inner] *= near_one.data[i];
    EXPECT(call_all(op_prod, isa, {near_one}, {y}, attrs).empty());
    expect_near("prod " + c.name(), y, products, 1e-7 * (3 + std::sqrt(double(c.n)) * 2), 0);
    expect_same_bits(isa, "prod " + c.name(), y);
  }
}

void test_reduce_int(Isa isa) {
  for (const Case& c : kCases) {
    const int64_t outs = c.outer * c.inner;
    Ints x({c.outer, c.n, c.inner}), small = x, y({outs}), high({outs}), arg({outs}, 0), sums({outs}, 0), bytesums = sums;
    Array<uint8_t> bytes({c.outer, c.n, c.inner});
    for (size_t i = 0; i < x.data.size(); i++) {
      x.data[i] = int32_t(uint32_t(i) * 2654435761u);
      small.data[i] = x.data[i] / 65536;
      bytes.data[i] = uint8_t(x.data[i] >> 3);
    }
    for (int64_t o = 0; o < c.outer; o++)
      for (int64_t k = 0; k < c.n; k++)
        for (int64_t i = 0; i < c.inner; i++) {
          const int64_t from = (o * c.n + k) * c.inner + i, at = o * c.inner + i;
          const int32_t v = x.data[from];
          sums.data[at] += small.data[from];
          bytesums.data[at] += bytes.data[from];
          if (k == 0 || v > high.data[at]) high.data[at] = v, arg.data[at] = int32_t(k);
        }
    const std::vector<double> attrs = {double(c.outer), double(c.n), double(c.inner)};
    EXPECT(call_all(op_sum, isa, {small}, {y}, attrs).empty() && y == sums);
    EXPECT(call_all(op_sum, isa, {bytes}, {y}, attrs).empty() && y == bytesums);
    EXPECT(call_all(op_max, isa, {x}, {y}, attrs).empty() && y == high);
    EXPECT(call_all(op_argMax, isa, {x}, {y}, attrs).empty() && y == arg);
  }
}

// Totals of whole numbers are right, or refused: no partial one is too large.
void test_large_totals(Isa isa) {
  for (const int64_t n : {4, 100, 9000, 30000}) {
    const std::vector<double> attrs = {1, double(n), 1};
    Ints x({n}, 0), y({1});
    x.data[0] = x.data[1] = INT32_MAX;
    EXPECT(!call_all(op_sum, isa, {x}, {y}, attrs).empty());
    EXPECT(call_all(op_prod, isa, {x}, {y}, attrs).empty() && y.data[0] == 0);
    x.data[static_cast<size_t>(n - 1)] = -INT32_MAX;
    EXPECT(call_all(op_sum, isa, {x}, {y}, attrs).empty() && y.data[0] == INT32_MAX);
    Ints p({n}, 1);
    p.data[0] = -(1 << 15);
    p.data[static_cast<size_t>(n / 2)] = 1 << 16;
    EXPECT(call_all(op_prod, isa, {p}, {y}, attrs).empty() && y.data[0] == INT32_MIN);
    p.data[static_cast<size_t>(n - 1)] = -1;
    EXPECT(!call_all(op_prod, isa, {p}, {y}, attrs).empty());
    EXPECT(!call_all(op_prod, isa, {Ints({n}, 1 << 30)}, {y}, attrs).empty());
    EXPECT(!call_all(op_prod, isa, {Array<uint8_t>({n}, 255)}, {y}, attrs).empty());
    EXPECT(call_all(op_prod, isa, {Array<uint8_t>({n}, 1)}, {y}, attrs).empty() && y.data[0] == 1);
  }
}

void test_specials(Isa isa) {
  for (const int64_t n : {3, 20, 100, 9000}) {
    for (const int64_t at : {int64_t{1}, n - 2, n - 1}) {
      Floats x = random_floats({n}, 5), y({1});
      Ints index({1});
      x.data[at] = kNan;
      if (at + 1 < n) x.data[at + 1] = kInfinity;
      for (const OpDef* op : {&op_max, &op_min}) {
        EXPECT(call_all(*op, isa, {x}, {y}, {1, double(n), 1}).empty() && std::isnan(y.data[0]));
      }
      for (const OpDef* op : {&op_argMax, &op_argMin})
        EXPECT(call_all(*op, isa, {x}, {index}, {1, double(n), 1}).empty() && index.data[0] == at);
      Floats wide({n, 2});
      for (int64_t k = 0; k < n; k++) wide.data[2 * k] = wide.data[2 * k + 1] = x.data[k];
      Ints indices({2});
      EXPECT(call_all(op_argMax, isa, {wide}, {indices}, {1, double(n), 2}).empty() && indices.data[1] == at);
    }
    Floats y({1});
    EXPECT(call_all(op_max, isa, {Floats({n}, -kInfinity)}, {y}, {1, double(n), 1}).empty() &&
           y.data[0] == -kInfinity);
    Floats zeros({n}, -0.0f);
    zeros.data[n / 2] = 0.0f;
    EXPECT(call_all(op_max, isa, {zeros}, {y}, {1, double(n), 1}).empty() && !std::signbit(y.data[0]));
    EXPECT(call_all(op_min, isa, {zeros}, {y}, {1, double(n), 1}).empty() && std::signbit(y.data[0]));
  }
  Floats none({0}), y({2}, 7.0f);
  EXPECT(call_all(op_sum, isa, {none}, {y}, {2, 0, 1}).empty() && y.data[1] == 0);
  EXPECT(call_all(op_prod, isa, {none}, {y}, {1, 0, 2}).empty() && y.data[1] == 1);
  EXPECT(!call_all(op_max, isa, {none}, {y}, {2, 0, 1}).empty());
  const Floats x({6});
  for (const std::vector<double>& attrs : std::vector<std::vector<double>>{{},
                                                                           {2, 3},
                                                                           {2, 3, 1, 0},
                                                                           {2, std::nan(""), 1},
                                                                           {2, 4, 1},
                                                                           {-2, -3, 1},
                                                                           {1.5, 2, 2},
                                                                           {1e300, 1e300, 0},
                                                                           {3, 2, 1}})
    EXPECT(!call_all(op_sum, isa, {x}, {y}, attrs).empty());
  EXPECT(!call_all(op_sum, isa, {x}, {Ints({2})}, {2, 3, 1}).empty());
}

// A row's result does not depend on the rows around it, nor on whether it replaces the row.
void test_softmax_rows(Isa isa) {
  for (const int64_t columns : {65, 96, 250, 2048, 2050}) {
    constexpr int64_t rows = 7;
    Floats x = random_floats({rows, columns}, 9, 30), y({rows, columns});
    for (int64_t r = 0; r < rows; r++)
      x.data[r * columns + (r * 61) % columns] = 95.0f + r;  // the highest anywhere
    x.data[3 * columns - 1] = 120;
    x.data[4 * columns] = x.data[5 * columns + 8] = -kInfinity;
    x.data[6 * columns + 2] = kInfinity;
    EXPECT(call_all(op_softmax, isa, {x}, {y}).empty());
    for (int64_t r = 0; r < rows; r++) {
      Floats alone({1, columns}), same({1, columns});
      std::copy_n(x.data.begin() + r * columns, columns, alone.data.begin());
      std::copy_n(y.data.begin() + r * columns, columns, same.data.begin());
      EXPECT(call_all(op_softmax, isa, {alone}, {alone}).empty());
      EXPECT(r == 6 ? std::isnan(same.data[0]) && std::isnan(alone.data[0]) : alone.data == same.data);
    }
    EXPECT(call_all(op_softmax, isa, {x}, {x}).empty());
    EXPECT(std::equal(y.data.begin(), y.data.end() - columns, x.data.begin()));
  }
}

void test_softmax(Isa isa) {
  for (const Shape& dims : std::vector<Shape>{
           {1}, {7, 10}, {64, 10}, {5, 64}, {9, 65}, {4, 103}, {33, 1000}, {4, 2047}, {2, 20001}, {3, 2, 17}}) {
    const int64_t columns = dims.back();
    const Floats x = random_floats(dims, 7, 3), dy = random_floats(dims, 8);
    const size_t size = x.data.size();
    Floats y(dims), log_y(dims), dx(dims), log_dx(dims);
    EXPECT(call_all(op_softmax, isa, {x}, {y}).empty());
    EXPECT(call_all(op_logSoftmax, isa, {x}, {log_y}).empty());
    EXPECT(call_all(op_softmaxGrad, isa, {y, dy}, {dx}).empty());
    EXPECT(call_all(op_logSoftmaxGrad, isa, {log_y, dy}, {log_dx}).empty());
    std::vector<double> p(size), log_p(size), g(size), log_g(size);
    for (size_t row = 0; row < size; row += columns) {
      double high = -HUGE_VAL, sum = 0, dot = 0, total = 0;
      for (int64_t c = 0; c < columns; c++) high = std::max(high, double(x.data[row + c]));
      for (int64_t c = 0; c < columns; c++) sum += std::exp(x.data[row + c] - high);
      for (size_t i = row; i < row + columns; i++) {
        log_p[i] = x.data[i] - high - std::log(sum);
        p[i] = std::exp(log_p[i]);
        dot += p[i] * dy.data[i];
        total += dy.data[i];
      }
      for (size_t i = row; i < row + columns; i++) {
        g[i] = p[i] * (dy.data[i] - dot);
        log_g[i] = dy.data[i] - p[i] * total;
      }
    }
    expect_near("softmax", y, p, 2e-6, 0);
    expect_near("logSoftmax", log_y, log_p, 3e-7, 3e-7);
    expect_near("softmaxGrad", dx, g, 3e-6, 3e-7);
    expect_near("logSoftmaxGrad", log_dx, log_g, 3e-6, 1e-6);
    const std::string label = std::to_string(size) + "/" + std::to_string(columns);
    expect_same_bits(isa, "softmax " + label, y);
    expect_same_bits(isa, "logSoftmax " + label, log_y);
    expect_same_bits(isa, "softmaxGrad " + label, dx);
    expect_same_bits(isa, "logSoftmaxGrad " + label, log_dx);
  }
  test_softmax_rows(isa);
  Floats y({1, 20});
  EXPECT(call_all(op_softmax, isa, {Floats({1, 20}, -kInfinity)}, {y}).empty() && std::isnan(y.data[19]));
  EXPECT(!call_all(op_softmax, isa, {Floats({2, 10})}, {y}).empty());
}

void test_cross_entropy(Isa isa) {
  for (const int64_t columns : {1, 2, 10, 65, 1000}) {
    const int64_t rows = 67;
    const Floats x = random_floats({rows, columns}, 11, 4), dloss = random_floats({rows}, 12);
    Floats targets = random_floats({rows, columns}, 13), one_hot({rows, columns});
    for (float& t : targets.data) t = std::fabs(t);
    Ints labels({rows});
    Array<uint8_t> bytes({rows});
    Floats floats({rows});
    std::vector<double> loss(rows), dense_loss(rows), g, dense_g;
    for (int64_t r = 0; r < rows; r++) {
      const int32_t label = int32_t(r * 31 % std::min<int64_t>(columns, 256));
      labels.data[r] = label;
      bytes.data[r] = uint8_t(label);
      floats.data[r] = float(label);
      double high = -HUGE_VAL, sum = 0, total = 0;
      for (int64_t c = 0; c < columns; c++) high = std::max(high, double(x.data[r * columns + c]));
      for (int64_t c = 0; c < columns; c++) sum += std::exp(x.data[r * columns + c] - high);
      for (int64_t c = 0; c < columns; c++) total += targets.data[r * columns + c];
      for (int64_t c = 0; c < columns; c++) {
        const double nll = std::log(sum) + high - x.data[r * columns + c];
        const double t = targets.data[r * columns + c];
        if (c == label) loss[r] = nll;
        dense_loss[r] += t * nll;
        g.push_back((std::exp(-nll) - (c == label)) * dloss.data[r]);
        dense_g.push_back((std::exp(-nll) * total - t) * dloss.data[r]);
      }
    }
    Floats l({rows}), p({rows, columns}), dx({rows, columns});
    for (const View& any : {View(labels), View(bytes), View(floats)}) {
      EXPECT(call_all(op_sparseSoftmaxCrossEntropy, isa, {x, any}, {l, p}).empty());
      expect_near("sparse loss", l, loss, 1e-6, 1e-6);
      EXPECT(call_all(op_sparseSoftmaxCrossEntropyGrad, isa, {p, any, dloss}, {dx}).empty());
      expect_near("sparse gradient", dx, g, 3e-6, 2e-7);
    }
    expect_same_bits(isa, "sparse loss " + std::to_string(columns), l);
    expect_same_bits(isa, "sparse gradient " + std::to_string(columns), dx);
    EXPECT(call_all(op_softmaxCrossEntropy, isa, {x, targets}, {l, p}).empty());
    expect_near("loss", l, dense_loss, 2e-6, 1e-6);
    EXPECT(call_all(op_softmaxCrossEntropyGrad, isa, {p, targets, dloss}, {dx}).empty());
    expect_near("gradient", dx, dense_g, 3e-6, 2e-6);
    expect_same_bits(isa, "loss " + std::to_string(columns), l);
    expect_same_bits(isa, "gradient " + std::to_string(columns), dx);

    if (columns > 1) {
      Floats open({1, columns}), one_hot({1, columns}), one({1}), probs({1, columns});
      open.data[0] = -kInfinity;
      one_hot.data[1] = 1;
      EXPECT(call_all(op_softmaxCrossEntropy, isa, {open, one_hot}, {one, probs}).empty());
      expect_near("loss beside -inf", one, {std::log(double(columns - 1))}, 2e-6, 1e-6);
      EXPECT(call_all(op_softmaxCrossEntropyGrad, isa, {probs, one_hot, Floats({1}, 1.0f)}, {open}).empty() &&
             open.data[0] == 0);
    }

    Floats wrong = floats;
    for (const float bad : {float(columns), -1.0f, 0.5f, kNan, kInfinity, 3e9f}) {
      wrong.data[rows - 1] = bad;
      EXPECT(!call_all(op_sparseSoftmaxCrossEntropy, isa, {x, wrong}, {l, p}).empty());
      EXPECT(!call_all(op_sparseSoftmaxCrossEntropyGrad, isa, {p, wrong, dloss}, {dx}).empty());
    }
    labels.data[0] = -1;
    EXPECT(!call_all(op_sparseSoftmaxCrossEntropy, isa, {x, labels}, {l, p}).empty());
    EXPECT(!call_all(op_softmaxCrossEntropy, isa, {x, labels}, {l, p}).empty());
  }
}

}  // namespace
}  // namespace test
}  // namespace myelin

int main() {
  using namespace myelin::test;
  return run_everywhere("reduce", [](myelin::Isa isa) {
    test_reduce(isa);
    test_reduce_int(isa);
    test_large_totals(isa);
    test_specials(isa);
    test_softmax(isa);
    test_cross_entropy(isa);
  });
}
