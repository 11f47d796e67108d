// The transcendental functions on F32, without libm. A lane's result depends on that lane alone, so it is the
// same for every width. Largest errors found by test/accuracy_test.cc with FMA, in units in the last place:
//   exp 0.9   expm1 1.2   log 0.9   log1p 1.0   erf 1.0   sin, cos 1.5   atan 1.4   pow 2.1
//   sigmoid 2.5   tanh 4.1   softplus 3.9   elu 1.0   selu 1.5   gelu 4.2, gelu_tanh 4.1 for x >= -1, below -1
//   absolute 7e-8   celu 1.0   silu 2.9, mish 4.2, absolute 2^-142 for tiny results   softsign 1.5   the derivatives of
//   silu, mish and softsign 2.4e-7, absolute, of gelu 2.2e-7, absolute   erfinv 6.2, at the last float before 1
#pragma once

#include "math_erf.h"
#include "math_exp.h"
#include "math_log.h"
#include "math_pow.h"
#include "math_trig.h"
