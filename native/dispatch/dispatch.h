// Which processor this is, and which kernel table that means.
#pragma once

#include "../kernels/kernel_table.h"

namespace myelin {

enum class Isa { kBaseline, kAvx2, kAvx512, kNeon };
constexpr int kIsas = 4;

const char* isa_name(Isa isa);             // "baseline", "avx2", "avx512", "neon"
bool isa_supported(Isa isa);               // compiled in, and the processor and the operating system have it
bool isa_from_name(const char* name, Isa* isa);

// The instruction set in use: MYELIN_ISA, else the best one. Fixed when first asked for, unless set_isa changes it.
Isa current_isa();
bool set_isa(Isa isa);                     // false if not supported; must not be called while a job runs
const KernelTable& kernels();              // of current_isa()
const KernelTable& kernels(Isa isa);       // of a supported one

// An unusable MYELIN_ISA in words, or nullptr. Checked when the addon is loaded.
const char* isa_error();

}  // namespace myelin
