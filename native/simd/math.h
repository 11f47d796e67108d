// The transcendental functions on F32, without libm. A lane's result depends on that lane alone, so it is the same for
// every width. Largest error on all of float32 (subnormals, infinities and NaN included) with FMA, measured exhaustively
// by test/accuracy_test.cc:
#pragma once

#include "math_erf.h"
#include "math_exp.h"
#include "math_log.h"
#include "math_pow.h"
#include "math_trig.h"
