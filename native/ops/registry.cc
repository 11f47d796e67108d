#include "op.h"

namespace myelin {

#define OP(name) extern const OpDef op_##name;
#include "ops.def"
#undef OP

const OpDef* const kOps[] = {
#define OP(name) &op_##name,
#include "ops.def"
#undef OP
};
const int kOpCount = sizeof(kOps) / sizeof(kOps[0]);

}  // namespace myelin
