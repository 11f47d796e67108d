// Optimizer steps on gradients that lie in memory, and the moving average.
#include "update_rules.h"

namespace myelin::MYELIN_NS {

#define UPDATE_RULE(name, ...)                                                                           \
  void name(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {       \
    const __VA_ARGS__ rule(state, scalars);                                                              \
    for_each_vec(n, [=](int64_t i, auto count) { rule(i, load_some(gradient + i, count), count); });     \
  }
#include "update_rules.def"
#undef UPDATE_RULE

void moving_average(float* running, const float* batch, int64_t n, float momentum, float rest) {
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 fresh = set1(rest) * load_some(batch + i, count);
    store_some(running + i, fma(set1(momentum), load_some(running + i, count), fresh), count);
  });
}

}  // namespace myelin::MYELIN_NS
