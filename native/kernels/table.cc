#include "kernel_table.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {

extern const KernelTable table;
const KernelTable table = {
#define KERNEL(name, signature) name,
#include "kernels.def"
#undef KERNEL
};

}  // namespace myelin::MYELIN_NS
