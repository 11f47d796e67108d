// Declares this instruction set's copy of every kernel.
#pragma once

#include "../simd/vec.h"
#include "signatures.h"

namespace myelin::MYELIN_NS {
#define KERNEL(name, signature) signature name;
#include "kernels.def"
#undef KERNEL
}  // namespace myelin::MYELIN_NS
