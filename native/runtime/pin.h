#pragma once

namespace myelin {

// Keeps this library mapped until the process ends. Node unloads an addon when the only worker that loaded it ends, and
// the pool's threads would then run unmapped code.
void pin_library();

}  // namespace myelin
