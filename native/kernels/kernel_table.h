// One function pointer per line of kernels.def; one table per instruction set.
#pragma once

#include "signatures.h"

namespace myelin {

struct KernelTable {
#define KERNEL(name, signature) signature* name;
#include "kernels.def"
#undef KERNEL
};

}  // namespace myelin
