// Random arrays. Every kernel makes the elements of block, block + 1, ... (four a block, see simd/philox.h),
// kGroup elements at a time; a last short group goes through a buffer.
#include "../simd/math.h"
#include "../simd/philox.h"
#include "../simd/shuffle.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

constexpr int w = F32::width;
constexpr int kGroups = 2;           // of w blocks
constexpr int kWords = 4 * kGroups;  // vectors of them
constexpr int kGroup = kWords * w;

// The words of kGroups * w blocks, word by word of each group.
inline void raw_words_of(const RandomStream& stream, uint32_t block, I32 word[kWords]) {
  philox<kGroups>(stream.key, stream.counter, block, word);
}

inline void interleave(I32 word[kWords]) {
  for (int g = 0; g < kGroups; g++) interleave4(word + 4 * g);
}

// The words in element order.
inline void words_of(const RandomStream& stream, uint32_t block, I32 word[kWords]) {
  raw_words_of(stream, block, word);
  interleave(word);
}

// f(block, y) writes the kGroup elements of kGroups * w blocks.
template <class Y, class F>
inline void for_groups(int64_t block, Y* y, int64_t n, F f) {
  int64_t i = 0;
  for (; i + kGroup <= n; i += kGroup, block += kGroups * w) f(static_cast<uint32_t>(block), y + i);
  if (i == n) return;
  Y last[kGroup];
  f(static_cast<uint32_t>(block), last);
  for (int64_t j = i; j < n; j++) y[j] = last[j - i];
}

// Words kept when below threshold / 2^24.
inline Mask kept(I32 word, I32 threshold) { return threshold > shr<8>(word); }

inline I32 keep_threshold(const float* attrs) { return set1i(static_cast<int32_t>(attrs[0])); }

// u1 in (0, 1] with 32 bits, so that the radius reaches 6.7; the angle in [-pi, pi).
inline void box_muller(I32 radius_word, I32 angle_word, F32* first, F32* second) {
  const F32 high = to_float(shr<16>(radius_word)), low = to_float(radius_word & set1i(0xFFFF));
  const F32 u = fma(fma(high, set1(65536.0f), low), set1(0x1p-32f), set1(0x1p-33f));
  const F32 radius = sqrt(set1(-2.0f) * log(u));
  const F32 angle = to_float(sar<8>(angle_word)) * set1(0x1.921fb6p+1f * 0x1p-23f);
  *first = radius * cos(angle);
  *second = radius * sin(angle);
}

}  // namespace

void random_bits(const RandomStream& stream, int64_t block, int32_t* y, int64_t n) {
  for_groups(block, y, n, [&](uint32_t b, int32_t* out) {
    I32 word[kWords];
    words_of(stream, b, word);
    for (int i = 0; i < kWords; i++) storei(out + i * w, word[i]);
  });
}

// attrs: low, high - low, the largest value below high
void random_uniform(const RandomStream& stream, int64_t block, float* y, int64_t n, const float* attrs) {
  const F32 low = set1(attrs[0]), step = set1(attrs[1] * 0x1p-24f), last = set1(attrs[2]);
  for_groups(block, y, n, [&](uint32_t b, float* out) {
    I32 word[kWords];
    words_of(stream, b, word);
    for (int i = 0; i < kWords; i++) store(out + i * w, min(fma(to_float(shr<8>(word[i])), step, low), last));
  });
}

// attrs: mean, stddev. Words 0 and 1 of a block make elements 0 and 1, words 2 and 3 the others.
void random_normal(const RandomStream& stream, int64_t block, float* y, int64_t n, const float* attrs) {
  const F32 mean = set1(attrs[0]), stddev = set1(attrs[1]);
  for_groups(block, y, n, [&](uint32_t b, float* out) {
    I32 word[kWords];
    F32 z[kWords];
    raw_words_of(stream, b, word);
    for (int i = 0; i < kWords; i += 2) box_muller(word[i], word[i + 1], z + i, z + i + 1);
    for (int i = 0; i < kWords; i++) word[i] = bits(fma(z[i], stddev, mean));
    interleave(word);
    for (int i = 0; i < kWords; i++) store(out + i * w, from_bits(word[i]));
  });
}

// attrs: mean, stddev. z = sqrt(2) erfinv(v), v uniform between -erf(sqrt 2) and erf(sqrt 2), so |z| < 2.
void truncated_normal(const RandomStream& stream, int64_t block, float* y, int64_t n, const float* attrs) {
  const F32 mean = set1(attrs[0]), stddev = set1(attrs[1]);
  const F32 step = set1(0.9544997361036416f * 0x1p-23f);
  for_groups(block, y, n, [&](uint32_t b, float* out) {
    I32 word[kWords];
    words_of(stream, b, word);
    for (int i = 0; i < kWords; i++) {
      const F32 v = (to_float(sar<8>(word[i])) + set1(0.5f)) * step;
      const F32 z = max(set1(-2.0f), min(set1(2.0f), set1(1.41421356237309505f) * erfinv(v)));
      store(out + i * w, fma(z, stddev, mean));
    }
  });
}

// attrs: threshold; 1 with probability threshold / 2^24
void bernoulli(const RandomStream& stream, int64_t block, float* y, int64_t n, const float* attrs) {
  const I32 threshold = keep_threshold(attrs);
  for_groups(block, y, n, [&](uint32_t b, float* out) {
    I32 word[kWords];
    words_of(stream, b, word);
    for (int i = 0; i < kWords; i++) store(out + i * w, select(kept(word[i], threshold), set1(1.0f), zero()));
  });
}

// attrs: threshold, scale; y = x * scale where bernoulli gives 1, else 0, whatever x is. y may be x.
void dropout(const RandomStream& stream, int64_t block, const float* x, float* y, int64_t n,
             const float* attrs) {
  const I32 threshold = keep_threshold(attrs);
  const F32 scale = set1(attrs[1]);
  int64_t i = 0;
  for (; i < n; i += kGroup, block += kGroups * w) {
    I32 word[kWords];
    words_of(stream, static_cast<uint32_t>(block), word);
    const bool whole = i + kGroup <= n;
    for (int j = 0; j < kWords; j++) {
      const int64_t at = i + j * w;
      const int left = whole ? w : static_cast<int>(n - at < 0 ? 0 : n - at < w ? n - at : w);
      if (left == w) {
        store(y + at, select(kept(word[j], threshold), load(x + at) * scale, zero()));
      } else if (left > 0) {
        store_n(y + at, select(kept(word[j], threshold), load_n(x + at, left) * scale, zero()), left);
      }
    }
  }
}

}  // namespace myelin::MYELIN_NS
