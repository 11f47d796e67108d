// The driver of fma_peak: the elements that every instruction set covers.
#pragma once

#include "../kernels/signatures.h"
#include "hash.h"

namespace myelin::test {

inline uint64_t drive(FmaPeak* kernel) {
  std::vector<float> x = usual_floats(kFmaPeakFloats, 5);
  kernel(x.data(), 100);
  Hash hash;
  hash.add(x.data(), 12);
  return hash.value();
}

}  // namespace myelin::test
