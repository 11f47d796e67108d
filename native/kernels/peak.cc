// The multiply-add rate that the processor reaches when nothing else is in its way: the measure for matrix products.
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

// Enough independent chains to hide the latency of fma, few enough to stay in registers.
#if defined(MYELIN_TARGET_NEON)
constexpr int kChains = 24;
#else
constexpr int kChains = 12;
#endif

}  // namespace

// x[i] = x[i] * 0.999 + 1e-7, `rounds` times, for the first kChains vectors of x; the multiply-adds done.
int64_t fma_peak(float* x, int64_t rounds) {
  F32 chains[kChains];
  for (int i = 0; i < kChains; i++) chains[i] = load(x + i * F32::width);
  const F32 factor = set1(0.999f), term = set1(1e-7f);
  for (int64_t r = 0; r < rounds; r++)
    for (int i = 0; i < kChains; i++) chains[i] = fma(chains[i], factor, term);
  for (int i = 0; i < kChains; i++) store(x + i * F32::width, chains[i]);
  return rounds * kChains * F32::width;
}

}  // namespace myelin::MYELIN_NS
