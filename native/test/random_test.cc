// Philox against the known answers of Random123, sub-ranges, distributions, and what the ops refuse.
#include <algorithm>
#include <cmath>

#include "op_test.h"

namespace myelin {

extern const OpDef op_randomUniform, op_randomNormal, op_truncatedNormal, op_bernoulli, op_dropout,
    op_permutation;

namespace test {
namespace {

using Floats = Array<float>;
const std::vector<double> kAddress = {12345, 678, 9, 10};

std::vector<double> attrs(std::initializer_list<double> more) {
  std::vector<double> all = kAddress;
  all.insert(all.end(), more);
  return all;
}

void test_known_answers(Isa isa) {
  struct Answer {
    uint32_t key[2], counter[4], word[4];
  };
  const Answer answers[] = {
      {{0, 0}, {0, 0, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0xa4093822, 0x299f31d0},
       {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Answer& a : answers) {
    const RandomStream stream = {{a.key[0], a.key[1]}, {a.counter[1], a.counter[2], a.counter[3]}};
    for (const uint32_t back : {0u, 1u, 7u, 19u}) {  // the block as lane 0, and as a later lane or group
      std::vector<int32_t> y(4 * back + 4);
      kernels(isa).random_bits(stream, static_cast<uint32_t>(a.counter[0] - back), y.data(), 4 * back + 4);
      for (size_t i = 0; i < 4; i++) EXPECT(static_cast<uint32_t>(y[4 * back + i]) == a.word[i]);
    }
  }
}

struct Case {
  const OpDef& op;
  std::vector<double> attrs;
};
std::vector<Case> cases() {
  return {{op_randomUniform, attrs({-2, 3})},
          {op_randomNormal, attrs({1, 2})},
          {op_truncatedNormal, attrs({1, 2})},
          {op_bernoulli, attrs({0.3})}};
}

// Any sub-range that begins with a block, of any length, has the bits of the whole; so have all instruction
// sets.
void test_sub_ranges(Isa isa) {
  const RandomStream stream = {{12345, 678}, {10, 0, 9}};
  const int64_t n = 1003;
  const KernelTable& table = kernels(isa);
  const float a[] = {1, 2, std::nextafter(3.0f, 0.0f)};
  for (Random* kernel : {table.random_uniform, table.random_normal, table.truncated_normal}) {
    std::vector<float> whole(n);
    kernel(stream, 0, whole.data(), n, a);
    for (int64_t begin = 0; begin < n; begin += 36) {
      for (int64_t size = 0; size <= std::min<int64_t>(n - begin, 150); size += 1 + size / 9) {
        std::vector<float> part(static_cast<size_t>(size) + 1, -99.0f);
        kernel(stream, begin / 4, part.data(), size, a);
        EXPECT(std::memcmp(part.data(), whole.data() + begin, static_cast<size_t>(size) * 4) == 0);
        EXPECT(part[static_cast<size_t>(size)] == -99.0f);
      }
    }
  }
}

// Bits made by one thread on the best instruction set with FMA, against this one. The baseline rounds twice.
void test_same_bits(Isa isa) {
  if (isa == Isa::kBaseline) return;
  const Isa other = isa == Isa::kNeon ? Isa::kNeon : Isa::kAvx2;
  for (const Case& c : cases()) {
    Floats y({100003}), z({100003});
    EXPECT(call(c.op, isa, {}, y, c.attrs).empty());
    const int threads = ThreadPool::instance().threads();
    ThreadPool::instance().set_threads(1);
    EXPECT(call(c.op, other, {}, z, c.attrs).empty());
    ThreadPool::instance().set_threads(threads);
    EXPECT(y == z);
  }
}

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0, low = 0, high = 0;
};

Moments moments(const std::vector<float>& x) {
  Moments m;
  const double n = static_cast<double>(x.size());
  for (const float v : x) m.mean += v / n;
  for (const float v : x) {
    const double d = v - m.mean;
    m.variance += d * d / n;
    m.skewness += d * d * d / n;
    m.kurtosis += d * d * d * d / n;
  }
  m.skewness /= std::pow(m.variance, 1.5);
  m.kurtosis /= m.variance * m.variance;
  const auto ends = std::minmax_element(x.begin(), x.end());
  m.low = *ends.first;
  m.high = *ends.second;
  return m;
}

bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

// Tolerances are five standard errors for a million elements.
void test_distributions(Isa isa) {
  Floats y({1000, 1000});
  EXPECT(call(op_randomUniform, isa, {}, y, attrs({-1, 1})).empty());
  Moments m = moments(y.data);
  EXPECT(near(m.mean, 0, 0.0029) && near(m.variance, 1.0 / 3, 0.0015) && near(m.kurtosis, 1.8, 0.01));
  EXPECT(m.low >= -1 && m.low < -0.9999 && m.high < 1 && m.high > 0.9999);

  EXPECT(call(op_randomNormal, isa, {}, y, attrs({0, 1})).empty());
  m = moments(y.data);
  EXPECT(near(m.mean, 0, 0.005) && near(m.variance, 1, 0.0071) && near(m.skewness, 0, 0.0123));
  EXPECT(near(m.kurtosis, 3, 0.0245) && m.high > 4.2 && m.high < 6.8 && m.low < -4.2 && m.low > -6.8);
  double neighbours = 0;  // the two normals of a pair, and of two pairs, are not correlated
  for (size_t i = 1; i < y.data.size(); i++) neighbours += static_cast<double>(y.data[i]) * y.data[i - 1];
  EXPECT(near(neighbours / 1e6, 0, 0.005));
  int64_t below[3] = {};
  for (const float v : y.data)
    for (int k = 0; k < 3; k++) below[k] += v < static_cast<float>(k - 1);
  EXPECT(near(below[0] / 1e6, 0.158655, 0.0018) && near(below[1] / 1e6, 0.5, 0.0025));
  EXPECT(near(below[2] / 1e6, 0.841345, 0.0018));

  EXPECT(call(op_truncatedNormal, isa, {}, y, attrs({0, 1})).empty());
  m = moments(y.data);
  EXPECT(near(m.mean, 0, 0.0044) && near(m.variance, 0.7737413, 0.0046) && near(m.skewness, 0, 0.01));
  EXPECT(m.low >= -2 && m.low < -1.999 && m.high <= 2 && m.high > 1.999);

  EXPECT(call(op_bernoulli, isa, {}, y, attrs({0.3})).empty());
  m = moments(y.data);
  EXPECT(near(m.mean, 0.3, 0.0023) && m.low == 0 && m.high == 1);
  EXPECT(near(m.variance, m.mean * (1 - m.mean), 1e-9));

  EXPECT(call(op_randomUniform, isa, {}, y, attrs({1, 1.0000001192092896}))
             .empty());  // one ulp: only the lower end
  EXPECT(moments(y.data).high == 1);
  EXPECT(call(op_randomUniform, isa, {}, y, attrs({5, 5})).empty() && moments(y.data).low == 5);
}

// Each of a word's four bytes is uniform: chi-square with 255 degrees of freedom, mean 255, deviation 22.6.
void test_bytes(Isa isa) {
  const int64_t n = 1 << 18;
  std::vector<int32_t> y(n);
  kernels(isa).random_bits({{1, 2}, {3, 4, 5}}, 0, y.data(), n);
  for (int shift = 0; shift < 32; shift += 8) {
    double count[256] = {}, chi = 0;
    for (const int32_t v : y) count[(static_cast<uint32_t>(v) >> shift) & 255]++;
    for (const double c : count) chi += (c - n / 256.0) * (c - n / 256.0) / (n / 256.0);
    EXPECT(chi > 255 - 5 * 22.6 && chi < 255 + 5 * 22.6);
  }
}

// Seed, stream and call all matter, the high half of the call too.
void test_addresses(Isa isa) {
  const std::vector<std::vector<double>> addresses = {{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0},
                                                      {0, 0, 1, 0}, {0, 0, 0, 1}, {0, 0, 0, 4294967296.0}};
  std::vector<Floats> made;
  for (std::vector<double> address : addresses) {
    address.insert(address.end(), {0, 1});
    made.emplace_back(std::vector<int64_t>{64});
    EXPECT(call(op_randomUniform, isa, {}, made.back(), address).empty());
    for (size_t i = 0; i + 1 < made.size(); i++) EXPECT(!(made[i] == made.back()));
  }
}

void test_dropout(Isa isa) {
  for (const int64_t n : {0, 1, 5, 31, 32, 33, 64, 1003, 50000}) {
    Floats x({n}), y({n}), mask({n});
    for (int64_t i = 0; i < n; i++) x.data[static_cast<size_t>(i)] = static_cast<float>(i) - 20.5f;
    if (n > 3) x.data[3] = NAN;
    EXPECT(call(op_dropout, isa, {x}, y, attrs({0.4})).empty());
    EXPECT(call(op_bernoulli, isa, {}, mask, attrs({1 - 0.4})).empty());
    const float scale = static_cast<float>(1 / (1 - 0.4));
    for (size_t i = 0; i < y.data.size(); i++) {
      const float expected = mask.data[i] != 0 ? x.data[i] * scale : 0.0f;
      EXPECT(std::memcmp(&expected, &y.data[i], 4) == 0);
    }
    EXPECT(call(op_dropout, isa, {x}, y, attrs({0})).empty() && y == x);
    EXPECT(call(op_dropout, isa, {x}, y, attrs({1})).empty() && y == Floats({n}));
    EXPECT(call(op_dropout, isa, {x}, y, attrs({0.4})).empty());
    EXPECT(call(op_dropout, isa, {x}, x, attrs({0.4})).empty() && x == y);  // in place
  }
}

void test_permutation(Isa isa) {
  for (const int64_t n : {0, 1, 2, 1000, 60000}) {
    Array<int32_t> y({n});
    EXPECT(call(op_permutation, isa, {}, y, kAddress).empty());
    std::vector<int32_t> sorted = y.data;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < sorted.size(); i++) EXPECT(sorted[i] == static_cast<int32_t>(i));
    Array<int32_t> again({n});
    EXPECT(call(op_permutation, isa, {}, again, kAddress).empty() && again == y);
  }
  int count[6] = {};  // the six orders of three
  for (int i = 0; i < 6000; i++) {
    Array<int32_t> y({3});
    EXPECT(call(op_permutation, isa, {}, y, {7, 0, 0, static_cast<double>(i)}).empty());
    count[y.data[0] * 2 + (y.data[1] > y.data[2])]++;
  }
  for (const int c : count) EXPECT(c > 850 && c < 1150);
}

void test_refusals(Isa isa) {
  Floats x({4}), y({4});
  Array<int32_t> whole({4});
  for (const double bad :
       {-1.0, 0.5, 4294967296.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    for (size_t i = 0; i < 3; i++) {
      std::vector<double> a = attrs({0.5});
      a[i] = bad;
      EXPECT(!call(op_bernoulli, isa, {}, y, a).empty());
    }
  }
  for (const double bad : {-0.1, 1.1, static_cast<double>(NAN)}) {
    EXPECT(!call(op_bernoulli, isa, {}, y, attrs({bad})).empty());
    EXPECT(!call(op_dropout, isa, {x}, y, attrs({bad})).empty());
  }
  EXPECT(!call(op_randomUniform, isa, {}, y, attrs({1, 0})).empty());
  EXPECT(!call(op_randomUniform, isa, {}, y, attrs({NAN, 0})).empty());
  EXPECT(!call(op_randomUniform, isa, {}, y, attrs({-3e38, 3e38})).empty());
  EXPECT(!call(op_randomUniform, isa, {}, y, attrs({0})).empty());
  EXPECT(!call(op_randomUniform, isa, {x}, y, attrs({0, 1})).empty());
  EXPECT(!call(op_randomUniform, isa, {}, whole, attrs({0, 1})).empty());
  EXPECT(!call(op_randomNormal, isa, {}, y, attrs({0, -1})).empty());
  EXPECT(!call(op_dropout, isa, {x}, Floats({2, 2}), attrs({0.5})).empty());
  EXPECT(!call(op_permutation, isa, {}, y, kAddress).empty());
}

}  // namespace
}  // namespace test
}  // namespace myelin

int main() {
  using namespace myelin::test;
  return run_everywhere("random", [](myelin::Isa isa) {
    test_known_answers(isa);
    test_sub_ranges(isa);
    test_same_bits(isa);
    test_distributions(isa);
    test_bytes(isa);
    test_addresses(isa);
    test_dropout(isa);
    test_permutation(isa);
    test_refusals(isa);
  });
}
