// Every movement op against a plain loop over indices, on shapes that reach each road of the copy, and what
// is refused.
#include <algorithm>
#include <cmath>

#include "op_test.h"

namespace myelin {

extern const OpDef op_fill, op_arange, op_eye, op_oneHot, op_broadcastTo, op_transpose, op_concat, op_slice,
    op_pad, op_gather, op_scatterAdd;

namespace test {
namespace {

using Shape = std::vector<int64_t>;

int64_t size_of(const Shape& dims) {
  int64_t n = 1;
  for (const int64_t d : dims) n *= d;
  return n;
}

Shape index_of(int64_t flat, const Shape& dims) {
  Shape index(dims.size());
  for (size_t i = dims.size(); i-- > 0;) {
    index[i] = flat % dims[i];
    flat /= dims[i];
  }
  return index;
}

int64_t flat_of(const Shape& index, const Shape& dims) {
  int64_t flat = 0;
  for (size_t i = 0; i < dims.size(); i++) flat = flat * dims[i] + index[i];
  return flat;
}

template <class T>
Array<T> numbered(const Shape& dims) {
  Array<T> x(dims);
  for (size_t i = 0; i < x.data.size(); i++) x.data[i] = static_cast<T>((i * 7919 + 13) % 65521);
  return x;
}

template <class T>
T& item(Array<T>& x, int64_t flat) {
  return x.data[static_cast<size_t>(flat)];
}

std::vector<double> doubles(const Shape& a) { return {a.begin(), a.end()}; }

template <class T>
void expect_transpose(Isa isa, const Shape& dims, const Shape& permutation) {
  Array<T> x = numbered<T>(dims);
  Shape out(dims.size());
  for (size_t i = 0; i < dims.size(); i++) out[i] = dims[static_cast<size_t>(permutation[i])];
  Array<T> y(out), expected(out);
  for (int64_t k = 0; k < size_of(out); k++) {
    const Shape at = index_of(k, out);
    Shape from(dims.size());
    for (size_t i = 0; i < dims.size(); i++) from[static_cast<size_t>(permutation[i])] = at[i];
    item(expected, k) = item(x, flat_of(from, dims));
  }
  EXPECT(call(op_transpose, isa, {x}, y, doubles(permutation)).empty());
  EXPECT(y == expected);
}

template <class T>
void test_transpose(Isa isa) {
  for (const int64_t rows : {0, 1, 3, 8, 16, 17, 64, 65, 129, 300})
    for (const int64_t columns : {1, 2, 7, 8, 9, 16, 31, 64, 130, 700})
      expect_transpose<T>(isa, {rows, columns}, {1, 0});
  Shape permutation = {0, 1, 2, 3};
  do {
    expect_transpose<T>(isa, {3, 10, 17, 9}, permutation);
    expect_transpose<T>(isa, {40, 1, 33, 70}, permutation);
  } while (std::next_permutation(permutation.begin(), permutation.end()));
  expect_transpose<T>(isa, {2, 3, 1, 2, 5, 2, 3, 2}, {7, 6, 5, 4, 3, 2, 1, 0});
  expect_transpose<T>(isa, {2, 3, 1, 2, 5, 2, 3, 2}, {3, 0, 7, 1, 5, 6, 2, 4});
  expect_transpose<T>(isa, {}, {});
}

template <class T>
void test_broadcast(Isa isa) {
  const std::vector<std::pair<Shape, Shape>> pairs = {{{}, {5}},
                                                      {{1}, {3, 70}},
                                                      {{70}, {3, 70}},
                                                      {{300, 1}, {300, 500}},
                                                      {{1, 4}, {9, 4}},
                                                      {{3, 1, 5}, {2, 3, 4, 5}},
                                                      {{1, 600}, {800, 600}},
                                                      {{4, 1, 3, 1}, {4, 2, 3, 2}},
                                                      {{2, 3}, {2, 3}},
                                                      {{1, 1}, {0, 4}},
                                                      {{1, 3, 1}, {5, 3, 7}}};
  for (const auto& [from, to] : pairs) {
    Array<T> x = numbered<T>(from), y(to), expected(to);
    for (int64_t k = 0; k < size_of(to); k++) {
      Shape at = index_of(k, to);
      at.erase(at.begin(), at.end() - static_cast<std::ptrdiff_t>(from.size()));
      for (size_t i = 0; i < from.size(); i++) at[i] = from[i] == 1 ? 0 : at[i];
      item(expected, k) = item(x, flat_of(at, from));
    }
    EXPECT(call(op_broadcastTo, isa, {x}, y, {}).empty());
    EXPECT(y == expected);
  }
}

template <class T>
void test_slice_and_pad(Isa isa) {
  struct Case {
    Shape whole, begin, part, stride;
  };
  const std::vector<Case> cases = {{{10}, {2}, {5}, {1}},
                                   {{10}, {9}, {4}, {-3}},
                                   {{400, 700}, {100, 1}, {299, 650}, {1, 1}},
                                   {{400, 700}, {100, 1}, {150, 200}, {2, 3}},
                                   {{400, 700}, {399, 699}, {400, 700}, {-1, -1}},
                                   {{5, 6, 7, 8}, {1, 0, 3, 2}, {3, 6, 4, 5}, {1, 1, 1, 1}},
                                   {{5, 6, 7, 8}, {4, 0, 6, 1}, {2, 3, 7, 2}, {-2, 2, -1, 5}},
                                   {{5, 6}, {5, 0}, {0, 6}, {1, 1}},
                                   {{}, {}, {}, {}}};
  for (const Case& c : cases) {
    Array<T> x = numbered<T>(c.whole), y(c.part), dy = numbered<T>(c.part), padded(c.whole, T(3));
    Array<T> expected(c.part), expected_pad(c.whole, T(2));
    for (int64_t k = 0; k < size_of(c.part); k++) {
      Shape at = index_of(k, c.part);
      for (size_t i = 0; i < at.size(); i++) at[i] = c.begin[i] + at[i] * c.stride[i];
      const int64_t flat = flat_of(at, c.whole);
      item(expected, k) = item(x, flat);
      item(expected_pad, flat) = item(dy, k);
    }
    std::vector<double> begin = doubles(c.begin), attrs = begin, pad = begin;
    const std::vector<double> stride = doubles(c.stride);
    attrs.insert(attrs.end(), stride.begin(), stride.end());
    EXPECT(call(op_slice, isa, {x}, y, attrs).empty() && y == expected);
    if (!std::all_of(c.stride.begin(), c.stride.end(), [](int64_t s) { return s == 1; })) continue;
    pad.push_back(2);
    EXPECT(call(op_slice, isa, {x}, y, begin).empty() && y == expected);
    EXPECT(call(op_pad, isa, {dy}, padded, pad).empty() && padded == expected_pad);
  }
}

template <class T>
void test_concat(Isa isa) {
  for (const int axis : {0, 1, 2, -1}) {
    const size_t along = static_cast<size_t>(axis < 0 ? axis + 3 : axis);
    Shape dims = {50, 60, 70}, out = dims;
    std::vector<Array<T>> parts;
    out[along] = 0;
    for (const int64_t size : {3, 0, 1, 40}) {
      dims[along] = size;
      out[along] += size;
      parts.push_back(numbered<T>(dims));
    }
    Array<T> y(out), expected(out);
    int64_t first = 0;
    for (Array<T>& part : parts) {
      for (int64_t k = 0; k < size_of(part.dims); k++) {
        Shape at = index_of(k, part.dims);
        at[along] += first;
        item(expected, flat_of(at, out)) = item(part, k);
      }
      first += part.dims[along];
    }
    EXPECT(call(op_concat, isa, {parts.begin(), parts.end()}, y, {static_cast<double>(axis)}).empty());
    EXPECT(y == expected);
  }
}

template <class T>
void test_gather(Isa isa) {
  for (const int64_t inner : {1, 3, 40, 784}) {
    const int64_t outer = inner == 784 ? 1 : 3, n = 50, k = 90;
    Array<T> x = numbered<T>({outer, n, inner}), y({outer, k, inner}), expected({outer, k, inner});
    Array<int32_t> index({k});
    for (int64_t j = 0; j < k; j++) item(index, j) = static_cast<int32_t>(j * 37 % (2 * n) - n);
    for (int64_t i = 0; i < size_of(y.dims); i++) {
      const Shape at = index_of(i, y.dims);
      const int64_t row = (item(index, at[1]) + n) % n;
      item(expected, i) = item(x, flat_of({at[0], row, at[2]}, x.dims));
    }
    const std::vector<double> attrs = doubles({outer, n, inner});
    EXPECT(call(op_gather, isa, {x, index}, y, attrs).empty() && y == expected);
    if (sizeof(T) == 1) {
      Array<float> scaled(y.dims), expected_scaled(y.dims);
      const float scale = 1 / 255.0f;
      for (size_t i = 0; i < y.data.size(); i++)
        expected_scaled.data[i] = static_cast<float>(static_cast<uint8_t>(expected.data[i])) * scale;
      std::vector<double> with_scale = attrs;
      with_scale.push_back(1 / 255.0);
      EXPECT(call(op_gather, isa, {x, index}, scaled, with_scale).empty() && scaled == expected_scaled);
    }
  }
}

void test_scatter(Isa isa) {
  for (const int64_t inner : {1, 3, 64, 200, 3000}) {
    const int64_t outer = inner > 64 ? 1 : 5, n = 20, k = 70;
    Array<float> dy = numbered<float>({outer, k, inner}), dx({outer, n, inner}, 5.0f),
                 expected({outer, n, inner});
    for (float& v : dy.data) v *= 0.001f;
    Array<int32_t> index({k});
    for (int64_t j = 0; j < k; j++) item(index, j) = static_cast<int32_t>(j * j % (2 * n) - n);
    for (int64_t o = 0; o < outer; o++)
      for (int64_t j = 0; j < k; j++)
        for (int64_t i = 0; i < inner; i++)
          item(expected, flat_of({o, (item(index, j) + n) % n, i}, expected.dims)) +=
              item(dy, flat_of({o, j, i}, dy.dims));
    EXPECT(call(op_scatterAdd, isa, {dy, index}, dx, doubles({outer, n, inner})).empty());
    EXPECT(dx == expected);
  }
}

void test_made(Isa isa) {
  Array<float> y({70000});
  EXPECT(call(op_fill, isa, {}, y, {0.1}).empty() && y == Array<float>({70000}, 0.1f));
  Array<int32_t> whole({7});
  EXPECT(call(op_fill, isa, {}, whole, {-5}).empty() && whole == Array<int32_t>({7}, -5));
  Array<uint8_t> bytes({7});
  EXPECT(call(op_fill, isa, {}, bytes, {255}).empty() && bytes == Array<uint8_t>({7}, uint8_t{255}));
  Array<float> range({3});
  EXPECT(call(op_arange, isa, {}, range, {1, 0.1}).empty());
  EXPECT(range == Array<float>({3}, std::vector<float>{1, 1.1f, 1.2f}));
  Array<int32_t> down({3});
  EXPECT(call(op_arange, isa, {}, down, {3, -2}).empty() &&
         down == Array<int32_t>({3}, std::vector<int32_t>{3, 1, -1}));
  Array<float> eye({2, 2});
  EXPECT(call(op_eye, isa, {}, eye, {}).empty() &&
         eye == Array<float>({2, 2}, std::vector<float>{1, 0, 0, 1}));
  const Array<float> hot({3, 2}, std::vector<float>{9, 8, 8, 9, 9, 8});
  Array<float> out({3, 2});
  EXPECT(call(op_oneHot, isa, {Array<int32_t>({3}, std::vector<int32_t>{0, 1, 0})}, out, {2, 9, 8}).empty() &&
         out == hot);
  EXPECT(call(op_oneHot, isa, {Array<float>({3}, std::vector<float>{0, 1, 0})}, out, {2, 9, 8}).empty() &&
         out == hot);
  EXPECT(call(op_oneHot, isa, {Array<uint8_t>({3}, std::vector<uint8_t>{0, 1, 0})}, out, {2, 9, 8}).empty() &&
         out == hot);
}

void test_refusals(Isa isa) {
  Array<float> a({2, 3}), b({3, 2}), c({6});
  Array<int32_t> index({2}), whole({6});
  for (const double bad : {-1.0, 0.5, 2.0, 1e300, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    EXPECT(!call(op_transpose, isa, {a}, b, {1, bad}).empty());
    EXPECT(!call(op_slice, isa, {a}, Array<float>({2, 2}), {bad, 0}).empty());
    EXPECT(bad == 2 || !call(op_slice, isa, {a}, Array<float>({2, 2}), {0, 0, 1, bad}).empty());
    EXPECT(!call(op_pad, isa, {Array<float>({2, 2})}, a, {0, bad, 0}).empty());
    EXPECT(!call(op_gather, isa, {a, index}, a, {bad, 2, 3}).empty());
    EXPECT(!call(op_scatterAdd, isa, {a, index}, a, {1, 2, bad}).empty());
    EXPECT(bad == -1 || !call(op_concat, isa, {a}, a, {bad}).empty());
    EXPECT(bad == -1 || !call(op_arange, isa, {}, whole, {0, bad * 4e9}).empty());
    EXPECT(bad == 0.5 || !call(op_oneHot, isa, {index}, Array<float>({2, 2}), {bad * 2, 1, 0}).empty());
  }
  for (const double bad : {0.5, 3e9, static_cast<double>(NAN)})
    EXPECT(!call(op_fill, isa, {}, whole, {bad}).empty());
  EXPECT(!call(op_transpose, isa, {a}, b, {1, 1}).empty());
  EXPECT(!call(op_transpose, isa, {a}, a, {1, 0}).empty());
  EXPECT(!call(op_broadcastTo, isa, {a}, b, {}).empty());
  EXPECT(!call(op_broadcastTo, isa, {a}, c, {}).empty());
  EXPECT(!call(op_concat, isa, {}, a, {0}).empty());
  EXPECT(!call(op_concat, isa, {a, b}, Array<float>({5, 3}), {0}).empty());
  EXPECT(!call(op_concat, isa, {a, a}, Array<float>({5, 3}), {0}).empty());
  EXPECT(!call(op_eye, isa, {}, a, {}).empty());
  EXPECT(!call(op_gather, isa, {whole, index}, Array<float>({2}), {1, 6, 1}).empty());
  EXPECT(!call(op_gather, isa, {c, index}, Array<float>({2}), {1, 6, 1, 0.5}).empty());

  index.data = {1, 6};
  EXPECT(call(op_gather, isa, {c, index}, Array<float>({2}), {1, 6, 1}) ==
         "index 6 at position 1 is out of range for size 6");
  index.data = {-7, 0};
  EXPECT(call(op_scatterAdd, isa, {Array<float>({2}), index}, c, {1, 6, 1}) ==
         "index -7 at position 0 is out of range for size 6");
  EXPECT(call(op_gather, isa, {Array<float>({0, 4}), index}, Array<float>({2, 4}), {1, 0, 4}) ==
         "index -7 at position 0 is out of range for size 0");
  EXPECT(call(op_oneHot, isa, {index}, Array<float>({2, 4}), {4, 1, 0}) ==
         "class number -7 at position 0 is not a whole number from 0 to 3");
  EXPECT(!call(op_oneHot, isa, {Array<float>({1}, NAN)}, Array<float>({1, 4}), {4, 1, 0}).empty());
}

}  // namespace
}  // namespace test
}  // namespace myelin

int main() {
  using namespace myelin::test;
  return run_everywhere("movement", [](myelin::Isa isa) {
    test_transpose<float>(isa);
    test_transpose<uint8_t>(isa);
    test_broadcast<float>(isa);
    test_broadcast<uint8_t>(isa);
    test_slice_and_pad<float>(isa);
    test_slice_and_pad<uint8_t>(isa);
    test_concat<float>(isa);
    test_concat<uint8_t>(isa);
    test_gather<int32_t>(isa);
    test_gather<uint8_t>(isa);
    test_scatter(isa);
    test_made(isa);
    test_refusals(isa);
  });
}
