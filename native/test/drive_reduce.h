// Runs the reductions, softmax, cross-entropy, batch normalization and update kernels on seeded inputs of odd
// sizes and hashes what they write. One overload a signature; the hashes of all instruction sets with FMA are
// equal.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "../kernels/product_update.h"
#include "hash.h"

namespace myelin::test {
namespace drive_reduce {

constexpr int64_t kSizes[] = {1, 2, 3, 5, 8, 15, 16, 17, 31, 63, 64, 65, 100, 129, 1000, 8192, 8193, 20000};
constexpr int64_t kRowCounts[] = {1, 2, 4, 7, 33};
constexpr int64_t kColumnCounts[] = {1, 3, 4, 10, 16, 29, 64, 130, 257};

inline float* room(std::vector<float>& y, int64_t n) {  // one more than n shows a write past the end
  y.assign(static_cast<size_t>(n) + 1, 7.0f);
  return y.data();
}

// Calls reduce(x, y, outer, n, inner, columns) on rows, on columns, and on some columns of wider rows.
template <class T, class Out, class F>
void reduce_shapes(const std::vector<T>& x, Hash* hash, F reduce) {
  std::vector<Out> y;
  const auto run = [&](int64_t outer, int64_t n, int64_t inner, int64_t columns) {
    y.assign(static_cast<size_t>(outer * columns) + 1, Out(7));
    reduce(x.data(), y.data(), outer, n, inner, columns);
    hash->add(y);
  };
  for (const int64_t n : kSizes) run(n < 1000 ? 3 : 1, n, 1, 1);
  for (const int64_t n : kRowCounts)
    for (const int64_t columns : kColumnCounts) {
      run(2, n, columns, columns);
      run(1, n, columns + 5, columns);
    }
}

inline std::vector<float> positive(std::vector<float> v) {
  for (float& x : v) x = std::fabs(x);
  return v;
}

// Calls f(rows, columns) over the shapes of a matrix kernel.
template <class F>
void over_shapes(F f) {
  for (const int64_t rows : kRowCounts)
    for (const int64_t columns : kColumnCounts) f(rows, columns);
  f(1, 20000);
}

}  // namespace drive_reduce

inline uint64_t drive(ReduceFloat* kernel) {
  Hash hash;
  drive_reduce::reduce_shapes<float, float>(usual_floats(25000, 1), &hash, kernel);
  drive_reduce::reduce_shapes<float, float>(any_floats(25000, 2), &hash, kernel);
  return hash.value();
}
inline uint64_t drive(PenalizedSquares* kernel) {
  Hash hash;
  const std::vector<float> w = usual_floats(20000, 6);
  for (const std::vector<float>& g : {usual_floats(20000, 7), any_floats(20000, 8)}) {
    for (const int64_t n : {1, 7, 8, 63, 64, 65, 500, 8192, 20000}) {
      float sum;
      kernel(g.data(), w.data(), 0.37f, &sum, n);
      hash.add(&sum, 1);
    }
  }
  return hash.value();
}
inline uint64_t drive(ReduceIntWide* kernel) {
  Hash hash;
  drive_reduce::reduce_shapes<int32_t, int64_t>(any_ints(25000, 3), &hash, kernel);
  return hash.value();
}
inline uint64_t drive(ReduceByteWide* kernel) {
  Hash hash;
  std::vector<uint8_t> bytes;
  for (const int32_t i : any_ints(25000, 3)) bytes.push_back(static_cast<uint8_t>(i));
  drive_reduce::reduce_shapes<uint8_t, int64_t>(bytes, &hash, kernel);
  return hash.value();
}
inline uint64_t drive(ReduceWide* kernel) {
  Hash hash;
  const std::vector<int32_t> ints = any_ints(25000, 3);
  drive_reduce::reduce_shapes<int64_t, int64_t>(std::vector<int64_t>(ints.begin(), ints.end()), &hash,
                                                kernel);
  return hash.value();
}
inline uint64_t drive(ReduceInt* kernel) {  // ArgReduceInt is the same type
  Hash hash;
  drive_reduce::reduce_shapes<int32_t, int32_t>(any_ints(25000, 3), &hash, kernel);
  return hash.value();
}
inline uint64_t drive(ArgReduceFloat* kernel) {
  Hash hash;
  drive_reduce::reduce_shapes<float, int32_t>(usual_floats(25000, 4), &hash, kernel);
  drive_reduce::reduce_shapes<float, int32_t>(any_floats(25000, 5), &hash, kernel);
  return hash.value();
}
inline uint64_t drive(RowMap* kernel) {
  Hash hash;
  std::vector<float> y;
  for (const std::vector<float>& x : {usual_floats(25000, 7), any_floats(25000, 8)})
    drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
      kernel(x.data(), drive_reduce::room(y, rows * columns), rows, columns);
      hash.add(y);
    });
  return hash.value();
}

inline uint64_t drive(RowMapGrad* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 9), dy = usual_floats(25000, 10);
  std::vector<float> dx;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    kernel(x.data(), dy.data(), drive_reduce::room(dx, rows * columns), rows, columns);
    hash.add(dx);
  });
  return hash.value();
}

inline uint64_t drive(SparseCrossEntropy* kernel) {
  Hash hash;
  const std::vector<float> logits = usual_floats(25000, 11);
  std::vector<float> loss, probs;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    std::vector<int32_t> labels;
    for (int64_t r = 0; r < rows; r++) labels.push_back(static_cast<int32_t>(r * 31 % columns));
    kernel(logits.data(), labels.data(), drive_reduce::room(loss, rows),
           drive_reduce::room(probs, rows * columns), rows, columns);
    hash.add(loss);
    hash.add(probs);
  });
  return hash.value();
}

inline uint64_t drive(SparseCrossEntropyGrad* kernel) {
  Hash hash;
  const std::vector<float> probs = usual_floats(25000, 12), dloss = usual_floats(100, 13);
  std::vector<float> dlogits;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    std::vector<int32_t> labels;
    for (int64_t r = 0; r < rows; r++) labels.push_back(static_cast<int32_t>(r * 31 % columns));
    kernel(probs.data(), labels.data(), dloss.data(), drive_reduce::room(dlogits, rows * columns), rows,
           columns);
    hash.add(dlogits);
  });
  return hash.value();
}

inline uint64_t drive(CrossEntropy* kernel) {
  Hash hash;
  const std::vector<float> logits = usual_floats(25000, 14), targets = usual_floats(25000, 15);
  std::vector<float> loss, probs;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    kernel(logits.data(), targets.data(), drive_reduce::room(loss, rows),
           drive_reduce::room(probs, rows * columns), rows, columns);
    hash.add(loss);
    hash.add(probs);
  });
  return hash.value();
}

inline uint64_t drive(CrossEntropyGrad* kernel) {
  Hash hash;
  const std::vector<float> probs = usual_floats(25000, 16), targets = usual_floats(25000, 17);
  const std::vector<float> dloss = usual_floats(100, 18);
  std::vector<float> dlogits;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    kernel(probs.data(), targets.data(), dloss.data(), drive_reduce::room(dlogits, rows * columns), rows,
           columns);
    hash.add(dlogits);
  });
  return hash.value();
}

inline uint64_t drive(ColumnMoments* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 19);
  std::vector<float> mean, m2;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    kernel(x.data(), drive_reduce::room(mean, columns), drive_reduce::room(m2, columns), rows, columns + 3,
           columns);
    hash.add(mean);
    hash.add(m2);
  });
  return hash.value();
}

inline uint64_t drive(NormalizeScale* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 20),
                           variance = drive_reduce::positive(usual_floats(25000, 21));
  std::vector<float> y;
  for (const int64_t n : drive_reduce::kSizes) {
    kernel(x.data(), variance.data(), drive_reduce::room(y, n), n, 1e-3f);
    hash.add(y);
  }
  return hash.value();
}

inline uint64_t drive(Normalize* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 22), mean = usual_floats(20000, 23),
                           scale = usual_floats(20000, 24), beta = usual_floats(20000, 25);
  std::vector<float> y;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    const int64_t stride = columns + 3;
    kernel(x.data(), mean.data(), scale.data(), beta.data(), drive_reduce::room(y, rows * stride), rows,
           stride, columns);
    hash.add(y);
  });
  return hash.value();
}

inline uint64_t drive(NormalizeGradSums* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 26), mean = usual_floats(20000, 27),
                           dy = usual_floats(25000, 28);
  std::vector<float> sum, product;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    kernel(x.data(), mean.data(), dy.data(), drive_reduce::room(sum, columns),
           drive_reduce::room(product, columns), rows, columns + 3, columns);
    hash.add(sum);
    hash.add(product);
  });
  return hash.value();
}

inline uint64_t drive(NormalizeGrad* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 29), mean = usual_floats(20000, 30),
                           dy = usual_floats(25000, 31), a = usual_floats(20000, 32),
                           b = usual_floats(20000, 33), c = usual_floats(20000, 34);
  std::vector<float> dx;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    const int64_t stride = columns + 3;
    kernel(x.data(), mean.data(), dy.data(), a.data(), b.data(), c.data(),
           drive_reduce::room(dx, rows * stride), rows, stride, columns);
    hash.add(dx);
  });
  return hash.value();
}

inline uint64_t drive(LayerNorm* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 40), gamma = usual_floats(20000, 41),
                           beta = usual_floats(20000, 42);
  std::vector<float> y, mean, scale;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    kernel(x.data(), gamma.data(), beta.data(), drive_reduce::room(y, rows * columns),
           drive_reduce::room(mean, rows), drive_reduce::room(scale, rows), rows, columns, 1e-3f);
    hash.add(y);
    hash.add(mean);
    hash.add(scale);
  });
  return hash.value();
}

inline uint64_t drive(LayerNormGrad* kernel) {
  Hash hash;
  const std::vector<float> x = usual_floats(25000, 43), mean = usual_floats(100, 44),
                           scale = drive_reduce::positive(usual_floats(100, 45)),
                           gamma = usual_floats(20000, 46), dy = usual_floats(25000, 47);
  std::vector<float> dx, dgamma, dbeta;
  drive_reduce::over_shapes([&](int64_t rows, int64_t columns) {
    kernel(x.data(), mean.data(), scale.data(), gamma.data(), dy.data(),
           drive_reduce::room(dx, rows * columns), drive_reduce::room(dgamma, columns),
           drive_reduce::room(dbeta, columns), rows, columns);
    hash.add(dx);
    hash.add(dgamma);
    hash.add(dbeta);
  });
  return hash.value();
}

inline uint64_t drive(MovingAverage* kernel) {
  Hash hash;
  const std::vector<float> batch = usual_floats(20000, 35);
  for (const int64_t n : drive_reduce::kSizes) {
    std::vector<float> running = usual_floats(n + 1, 36);
    kernel(running.data(), batch.data(), n, 0.99f, 0.01f);
    hash.add(running);
  }
  return hash.value();
}

inline uint64_t drive(ProductUpdate* kernel) {
  Hash hash;
  const UpdateScalars scalars = {0.75f, 5.0f, 1e-3f, {0.01f, 0.9f, 0.1f, 1e-3f, 0.5f, 1e-7f}};
  const std::vector<float> a = usual_floats(8192, 33), b = usual_floats(32768, 34);
  std::vector<float> work(1 << 18);
  for (const auto& size : {std::array<int64_t, 3>{1, 16, 1}, {13, 40, 7}, {60, 100, 33}, {30, 129, 200}}) {
    const auto [m, n, k] = size;
    for (const bool ta : {false, true}) {
      std::vector<float> state[4];
      float* pointers[4];
      for (uint64_t s = 0; s < 4; s++) {
        state[s] = drive_reduce::positive(usual_floats(m * n, 38 + s));
        pointers[s] = state[s].data();
      }
      kernel({ta, m, n, k, a.data(), ta ? m : k, b.data(), n, pointers, &scalars, work.data()});
      for (const std::vector<float>& s : state) hash.add(s);
    }
  }
  return hash.value();
}
inline uint64_t drive(ProductUpdateWork*) { return 1; }

inline uint64_t drive(Update* kernel) {
  Hash hash;
  const float penalty = 0.0625f;
  UpdateScalars scalars = {0.75f, 5.0f, 1e-3f, {0.01f, 0.9f, 0.1f, 1e-3f, 0.5f, 1e-7f}};
  const std::vector<float> gradient = usual_floats(20000, 37);
  for (const int64_t n : drive_reduce::kSizes) {
    for (const float* const coefficient : {static_cast<const float*>(nullptr), &penalty}) {
      scalars.penalty = coefficient;
      std::vector<float> state[4];
      float* pointers[4];
      for (uint64_t s = 0; s < 4; s++) {
        state[s] = drive_reduce::positive(usual_floats(n + 1, 38 + s));
        pointers[s] = state[s].data();
      }
      kernel(pointers, gradient.data(), n, scalars);
      for (const std::vector<float>& s : state) hash.add(s);
    }
  }
  return hash.value();
}

}  // namespace myelin::test
