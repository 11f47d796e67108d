// Element-wise kernels on int32, wrapping.
#include "elementwise.h"

namespace myelin::MYELIN_NS {

#define UNARY(name, expression)                                                \
  void name(const int32_t* in, int32_t* out, int64_t n) {                      \
    map<4>(in, out, n, [](I32 x) MYELIN_INLINE_LAMBDA { return expression; }); \
  }
#define ZIP(name, expression)                                                                              \
  void name(const int32_t* in_a, int64_t a_step, const int32_t* in_b, int64_t b_step, int32_t* out,        \
            int64_t n) {                                                                                   \
    zip(in_a, a_step, in_b, b_step, out, n, [](I32 a, I32 b) MYELIN_INLINE_LAMBDA { return expression; }); \
  }

UNARY(negInt, set1i(0) - x)
UNARY(absInt, max(x, set1i(0) - x))
UNARY(signInt, sar<31>(x) | shr<31>(set1i(0) - x))
UNARY(squareInt, x* x)

ZIP(addInt, a + b)
ZIP(subInt, a - b)
ZIP(mulInt, a* b)
ZIP(maximumInt, max(a, b))
ZIP(minimumInt, min(a, b))

}  // namespace myelin::MYELIN_NS
