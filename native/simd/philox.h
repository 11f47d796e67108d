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

// The blocks from `block` on, one in each lane: word[i] holds word i of every block.
static inline void philox(const uint32_t key[2], const uint32_t counter[3], uint32_t block, I32 word[4]) {
  constexpr uint32_t kMul0 = 0xD2511F53, kMul1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  const I32 mul0 = set1i(static_cast<int32_t>(kMul0)), mul1 = set1i(static_cast<int32_t>(kMul1));
  uint32_t key0 = key[0], key1 = key[1];
  I32 c0 = set1i(static_cast<int32_t>(block)) + iota();
  I32 c1 = set1i(static_cast<int32_t>(counter[0]));
  I32 c2 = set1i(static_cast<int32_t>(counter[1]));
  I32 c3 = set1i(static_cast<int32_t>(counter[2]));
  for (int round = 0; round < 10; round++) {
    const I32 high0 = mulhi_u32(c0, mul0), low0 = c0 * mul0;
    const I32 high1 = mulhi_u32(c2, mul1), low1 = c2 * mul1;
    c0 = high1 ^ c1 ^ set1i(static_cast<int32_t>(key0));
    c2 = high0 ^ c3 ^ set1i(static_cast<int32_t>(key1));
    c1 = low1;
    c3 = low0;
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  word[0] = c0;
  word[1] = c1;
  word[2] = c2;
  word[3] = c3;
}

}  // namespace myelin::MYELIN_NS
