// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): ten rounds of a
// keyed bijection turn a 128-bit counter into four random words. Any part of a sequence can be made by
// itself.
//
// How a random array is addressed, one to one:
//   key      = (seed bits 0-31, seed bits 32-63)
//   counter  = (block, call bits 0-31, call bits 32-63, stream)
// Element e of an array is made from word e % 4 of block e / 4, so an array has at most 2^34 elements. Arrays
// that differ in seed, stream or call share no (key, counter) pair.
#pragma once

#include <stdint.h>

#include "vec.h"

namespace myelin::MYELIN_NS {

// The G * width blocks from `block` on, one in each lane: word[4 * g + i] holds word i of the blocks of group g. A
// round's operations wait for one another, so two groups take hardly longer than one.
template <int G>
static inline void philox(const uint32_t key[2], const uint32_t counter[3], uint32_t block, I32 word[4 * G]) {
  constexpr uint32_t kMul0 = 0xD2511F53, kMul1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  const I32 mul0 = set1i(static_cast<int32_t>(kMul0)), mul1 = set1i(static_cast<int32_t>(kMul1));
  const I32 weyl0 = set1i(static_cast<int32_t>(kWeyl0)), weyl1 = set1i(static_cast<int32_t>(kWeyl1));
  I32 key0 = set1i(static_cast<int32_t>(key[0])), key1 = set1i(static_cast<int32_t>(key[1]));
  for (int g = 0; g < G; g++) {
    word[4 * g] = set1i(static_cast<int32_t>(block + static_cast<uint32_t>(g * F32::width))) + iota();
    for (int i = 1; i < 4; i++) word[4 * g + i] = set1i(static_cast<int32_t>(counter[i - 1]));
  }
  for (int round = 0; round < 10; round++) {
    for (int g = 0; g < G; g++) {
      I32* const c = word + 4 * g;
      const I32 high0 = mulhi_u32(c[0], mul0), low0 = c[0] * mul0;
      const I32 high1 = mulhi_u32(c[2], mul1), low1 = c[2] * mul1;
      c[0] = high1 ^ c[1] ^ key0;
      c[2] = high0 ^ c[3] ^ key1;
      c[1] = low1;
      c[3] = low0;
    }
    key0 = key0 + weyl0;
    key1 = key1 + weyl1;
  }
}

}  // namespace myelin::MYELIN_NS
