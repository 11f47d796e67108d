// Seeded inputs and the hash of outputs, for the drivers of kernels. Nothing here depends on the machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace myelin::test {

inline bool saw_subnormals = false;  // whether a float that was hashed was one

// FNV-1a. All NaN count as one: their payloads differ between instruction sets.
class Hash {
 public:
  template <class T>
  void add(const T* p, int64_t n) {
    for (int64_t i = 0; i < n; i++) add_one(p[i]);
  }
  template <class T>
  void add(const std::vector<T>& v) {
    add(v.data(), static_cast<int64_t>(v.size()));
  }
  uint64_t value() const { return value_; }

 private:
  void add_byte(uint8_t b) { value_ = (value_ ^ b) * 0x100000001b3u; }
  void add_one(uint8_t x) { add_byte(x); }
  void add_one(uint32_t x) {
    for (int i = 0; i < 4; i++) add_byte(static_cast<uint8_t>(x >> (8 * i)));
  }
  void add_one(int32_t x) { add_one(static_cast<uint32_t>(x)); }
  void add_one(int64_t x) {
    for (int i = 0; i < 8; i++) add_byte(static_cast<uint8_t>(static_cast<uint64_t>(x) >> (8 * i)));
  }
  void add_one(float x) {
    uint32_t b;
    std::memcpy(&b, &x, 4);
    const uint32_t exponent = b >> 23 & 0xff, mantissa = b & 0x7fffff;
    saw_subnormals |= exponent == 0 && mantissa != 0;
    add_one(exponent == 0xff && mantissa != 0 ? 0x7fc00000u : b);
  }
  uint64_t value_ = 0xcbf29ce484222325u;
};

class Seeded {
 public:
  explicit Seeded(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint32_t word() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 32);
  }
  // In [low, high), steps of 2^-24 of the range.
  float uniform(float low, float high) {
    return low + (high - low) * (static_cast<float>(word() >> 8) * 5.9604645e-8f);
  }

 private:
  uint64_t state_;
};

// Values from [-8, 8).
inline std::vector<float> usual_floats(int64_t n, uint64_t seed) {
  Seeded s(seed);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = s.uniform(-8, 8);
  return v;
}

// Ordinary values, every bit pattern, and the special ones in turn.
inline std::vector<float> any_floats(int64_t n, uint64_t seed) {
  const float special[] = {0.0f,   -0.0f,   1.0f,           -1.0f,   INFINITY, -INFINITY,     NAN,
                           1e-45f, -1e-45f, 1.1754944e-38f, 3.4e38f, -3.4e38f, 2147483648.0f, -2147483648.0f,
                           255.5f, 88.5f,   -100.0f,        1e5f,    3.0f,     0.5f};
  Seeded s(seed);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) {
    const uint32_t kind = s.word() >> 28;
    const uint32_t b = s.word();
    std::memcpy(&x, &b, 4);
    if (kind < 9) x = s.uniform(-8, 8);
    if (kind >= 9 && kind < 11) x = s.uniform(-200000, 200000);
    if (kind == 11) x = special[s.word() % (sizeof(special) / sizeof(special[0]))];
    if (std::isnan(x)) x = NAN;
  }
  return v;
}

inline std::vector<int32_t> any_ints(int64_t n, uint64_t seed) {
  const int32_t special[] = {0, 1, -1, INT32_MAX, INT32_MIN, 255, 256};
  Seeded s(seed);
  std::vector<int32_t> v(static_cast<size_t>(n));
  for (int32_t& x : v) {
    const uint32_t kind = s.word() >> 30;
    x = static_cast<int32_t>(s.word());
    if (kind == 0) x %= 1000;
    if (kind == 1) x = special[s.word() % 7];
  }
  return v;
}

// About half of them zero.
inline std::vector<uint8_t> any_bytes(int64_t n, uint64_t seed) {
  Seeded s(seed);
  std::vector<uint8_t> v(static_cast<size_t>(n));
  for (uint8_t& x : v) {
    const uint32_t w = s.word();
    x = static_cast<uint8_t>(w >> 31 ? w >> 8 : 0);
  }
  return v;
}

}  // namespace myelin::test
