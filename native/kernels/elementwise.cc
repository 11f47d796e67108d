// Element-wise kernels on float32, a line each. In the expressions x is the operand (a and b if there are
// two, y and dy in gradients), p is the first attribute.
#include "elementwise.h"

namespace myelin::MYELIN_NS {

// Cheap functions, bound by memory.
#define UNARY(name, expression)                                                \
  void name(const float* in, float* out, int64_t n, const float*) {            \
    map<4>(in, out, n, [](F32 x) MYELIN_INLINE_LAMBDA { return expression; }); \
  }
#define UNARY_P(name, expression)                                               \
  void name(const float* in, float* out, int64_t n, const float* attrs) {       \
    const F32 p = set1(attrs[0]);                                               \
    map<4>(in, out, n, [=](F32 x) MYELIN_INLINE_LAMBDA { return expression; }); \
  }
// Functions of many instructions.
#define LONG_UNARY(name, expression)                                                     \
  void name(const float* in, float* out, int64_t n, const float*) {                      \
    map<kLongUnroll>(in, out, n, [](F32 x) MYELIN_INLINE_LAMBDA { return expression; }); \
  }
#define LONG_UNARY_P(name, expression)                                                    \
  void name(const float* in, float* out, int64_t n, const float* attrs) {                 \
    const F32 p = set1(attrs[0]);                                                         \
    map<kLongUnroll>(in, out, n, [=](F32 x) MYELIN_INLINE_LAMBDA { return expression; }); \
  }
// LONG_UNARY with a shorter form for elements that are `is_usual`.
#define LONG_UNARY_USUAL(name, is_usual, usual, any)                                                       \
  void name(const float* in, float* out, int64_t n, const float*) {                                        \
    map_usual(                                                                                             \
        in, out, n, [](F32 x) MYELIN_INLINE_LAMBDA { return is_usual; },                                   \
        [](F32 x) MYELIN_INLINE_LAMBDA { return usual; }, [](F32 x) MYELIN_INLINE_LAMBDA { return any; }); \
  }

UNARY(neg, neg(x))
UNARY(abs, abs(x))
UNARY(sign, select(x > zero(), set1(1.0f), select(x < zero(), set1(-1.0f), x + x)))  // x + x: ±0 and NaN
UNARY(sqrt, sqrt(x))
UNARY(rsqrt, set1(1.0f) / sqrt(x))
UNARY(square, x* x)
UNARY(reciprocal, set1(1.0f) / x)
UNARY(relu, relu(x))
UNARY_P(leakyRelu, select(x > zero(), x, p* x))
UNARY(relu6, at_most(relu(x), set1(6.0f)))
UNARY(softsign, softsign(x))
UNARY(hardSigmoid, (clamp(x, 3.0f) + set1(3.0f)) / set1(6.0f))

void clip(const float* in, float* out, int64_t n, const float* attrs) {
  const F32 low = set1(attrs[0]), high = set1(attrs[1]);
  map<4>(in, out, n, [=](F32 x) MYELIN_INLINE_LAMBDA { return min(max(x, low), high); });
}

LONG_UNARY_USUAL(exp, exp_usual(x), exp_core(x), exp(x))
LONG_UNARY_USUAL(expm1, exp_usual(x), with_sign(expm1_core(x), x), expm1(x))
LONG_UNARY_USUAL(log, log_usual(x), log_core(x, zero()), log(x))
LONG_UNARY(log1p, log1p(x))
LONG_UNARY(erf, erf(x))
LONG_UNARY(sin, sin(x))
LONG_UNARY(cos, cos(x))
LONG_UNARY(atan, atan(x))
LONG_UNARY(sigmoid, sigmoid(x))
LONG_UNARY(tanh, tanh(x))
LONG_UNARY(softplus, softplus(x))
LONG_UNARY(gelu, gelu(x))
LONG_UNARY(geluTanh, gelu_tanh(x))
LONG_UNARY_P(elu, elu(x, p))
LONG_UNARY(selu, selu(x))
LONG_UNARY_P(celu, celu(x, p))
LONG_UNARY(silu, silu(x))
LONG_UNARY(mish, mish(x))

#define ZIP(name, a, b, expression)                                                                        \
  void name(const float* in_a, int64_t a_step, const float* in_b, int64_t b_step, float* out, int64_t n,   \
            const float*) {                                                                                \
    zip(in_a, a_step, in_b, b_step, out, n, [](F32 a, F32 b) MYELIN_INLINE_LAMBDA { return expression; }); \
  }
#define ZIP_P(name, a, b, expression)                                                                       \
  void name(const float* in_a, int64_t a_step, const float* in_b, int64_t b_step, float* out, int64_t n,    \
            const float* attrs) {                                                                           \
    const F32 p = set1(attrs[0]);                                                                           \
    zip(in_a, a_step, in_b, b_step, out, n, [=](F32 a, F32 b) MYELIN_INLINE_LAMBDA { return expression; }); \
  }
#define LONG_ZIP(name, a, b, expression)                                                                 \
  void name(const float* in_a, int64_t a_step, const float* in_b, int64_t b_step, float* out, int64_t n, \
            const float*) {                                                                              \
    zip_long(in_a, a_step, in_b, b_step, out, n,                                                         \
             [](F32 a, F32 b) MYELIN_INLINE_LAMBDA { return expression; });                              \
  }

ZIP(add, a, b, a + b)
ZIP(sub, a, b, a - b)
ZIP(mul, a, b, a* b)
ZIP(div, a, b, a / b)
ZIP(maximum, a, b, max(a, b))
ZIP(minimum, a, b, min(a, b))
LONG_ZIP(pow, a, b, pow(a, b))
ZIP(prelu, x, alpha, select(x > zero(), x, alpha* x))
ZIP(preluSlope, x, alpha, select(x > zero(), set1(1.0f), alpha))

// Gradients: of the output y where that is enough, of the input x elsewhere.
ZIP(reluGrad, y, dy, select(y <= zero(), zero(), dy))
ZIP_P(leakyReluGrad, x, dy, select(x > zero(), dy, p* dy))
ZIP_P(eluGrad, y, dy, select(y > zero(), dy, dy*(y + p)))
ZIP(seluGrad, y, dy, select(y > zero(), dy* set1(kSeluScale), dy*(y + set1(kSeluScaleAlpha))))
ZIP(sigmoidGrad, y, dy, dy*(y*(set1(1.0f) - y)))
ZIP(tanhGrad, y, dy, dy* fnma(y, y, set1(1.0f)))
LONG_ZIP(softplusGrad, x, dy, dy* sigmoid(x))
LONG_ZIP(geluGrad, x, dy, dy* gelu_derivative(x))
LONG_ZIP(geluTanhGrad, x, dy, dy* gelu_tanh_derivative(x))
ZIP(relu6Grad, y, dy, select((y <= zero()) | (y >= set1(6.0f)), zero(), dy))
ZIP_P(celuGrad, y, dy, select(y > zero(), dy, dy*(y / p + set1(1.0f))))
ZIP(softsignGrad, x, dy, dy* softsign_derivative(x))
ZIP(hardSigmoidGrad, x, dy, select(abs(x) >= set1(3.0f), zero(), dy / set1(6.0f)))
LONG_ZIP(siluGrad, x, dy, dy* silu_derivative(x))
LONG_ZIP(mishGrad, x, dy, dy* mish_derivative(x))

}  // namespace myelin::MYELIN_NS
