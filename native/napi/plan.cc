#include "plan.h"

#include "../plan/job.h"
#include "../runtime/turnstile.h"
#include "arguments.h"
#include "environment.h"
#include "guard.h"
#include "job.h"

namespace myelin {
namespace {

using Napi::CallbackInfo;
using Napi::Value;

constexpr napi_type_tag kPlanTag = {0x6d79656c696e706cull, 0x1f9a60c2d4b8e375ull};
constexpr double kMostSteps = 4294967295.0, kLargestStep = 4503599627370496.0;

Value error(const CallbackInfo& info, const char* code, const std::string& message) {
  fail(info.Env(), code, message.c_str());
  return Value();
}

// A JavaScript plan: nullptr once disposed, though a job may go on with it.
struct PlanSlot {
  std::shared_ptr<Plan> plan;
  int64_t bytes = 0;  // reported to V8

  void dispose(napi_env env) {
    int64_t total;
    plan.reset();
    napi_adjust_external_memory(env, -bytes, &total);
    bytes = 0;
  }
};

// nullptr with an exception pending.
PlanSlot* slot_of(const CallbackInfo& info) {
  bool tagged = false;
  void* slot = nullptr;
  if (info[0].IsObject() && napi_check_object_type_tag(info.Env(), info[0], &kPlanTag, &tagged) == napi_ok && tagged &&
      napi_unwrap(info.Env(), info[0], &slot) == napi_ok)
    return static_cast<PlanSlot*>(slot);
  error(info, "ERR_ARGUMENT", "the first argument must be a plan");
  return nullptr;
}

PlanSlot* live_slot(const CallbackInfo& info) {
  PlanSlot* slot = slot_of(info);
  if (slot == nullptr || slot->plan != nullptr) return slot;
  error(info, "ERR_DISPOSED", "the plan has been disposed");
  return nullptr;
}

// planCreate(spec: Float64Array): plan
Value create(const CallbackInfo& info) {
  Bytes spec;
  if (!read_bytes(info.Env(), info[0], &spec) || spec.type != napi_float64_array)
    return error(info, "ERR_ARGUMENT", "planCreate takes a Float64Array");
  std::string wrong;
  int64_t no_memory = -1;
  auto plan = Plan::decode(static_cast<const double*>(spec.data), spec.bytes / sizeof(double), &wrong, &no_memory);
  if (plan == nullptr && no_memory >= 0) return Value(info.Env(), fail_memory(info.Env(), no_memory));
  if (plan == nullptr) return error(info, "ERR_ARGUMENT", wrong);

  auto object = Napi::Object::New(info.Env());
  auto* slot = new PlanSlot{plan, plan->arena_bytes()};
  const auto finalize = [](napi_env env, void* data, void*) {
    static_cast<PlanSlot*>(data)->dispose(env);
    delete static_cast<PlanSlot*>(data);
  };
  if (napi_wrap(info.Env(), object, slot, finalize, nullptr, nullptr) != napi_ok) {
    delete slot;
    return error(info, "ERR_PLATFORM", "the plan could not be made");
  }
  int64_t total;
  napi_adjust_external_memory(info.Env(), slot->bytes, &total);
  if (napi_type_tag_object(info.Env(), object, &kPlanTag) != napi_ok)
    return error(info, "ERR_PLATFORM", "the plan could not be made");
  return object;
}

// planDispose(plan): whether it was alive.
Value dispose(const CallbackInfo& info) {
  PlanSlot* slot = slot_of(info);
  if (slot == nullptr) return Value();
  const bool alive = slot->plan != nullptr;
  slot->dispose(info.Env());
  return Napi::Boolean::New(info.Env(), alive);
}

bool read_count(const CallbackInfo& info, size_t i, double most, int64_t* count) {
  double number = 0;
  if (!read_number(info.Env(), info[i], &number) || !(number >= 0 && number <= most)) return false;
  *count = static_cast<int64_t>(number);
  return number == static_cast<double>(*count);
}

// The arguments after the plan: bindings, steps, first, scalars. nullptr with an exception pending.
std::unique_ptr<Bound> read_run(const CallbackInfo& info, const Plan& plan) {
  auto bound = std::make_unique<Bound>();
  Bytes handles, scalars;
  if (!read_bytes(info.Env(), info[1], &handles) || !read_bytes(info.Env(), info[4], &scalars) ||
      (handles.type != napi_int32_array && handles.type != napi_float64_array) || scalars.type != napi_float64_array ||
      !read_count(info, 2, kMostSteps, &bound->steps) || !read_count(info, 3, kLargestStep, &bound->first)) {
    error(info, "ERR_ARGUMENT", "a run takes a plan, an Int32Array of handles, steps, first step, a Float64Array");
    return nullptr;
  }
  Environment* environment = Environment::of(info.Env());
  const bool ints = handles.type == napi_int32_array;
  const size_t count = handles.bytes / (ints ? sizeof(int32_t) : sizeof(double));
  for (size_t i = 0; i < count; i++) {
    // Once: another thread may be writing there.
    const double handle = ints ? static_cast<const volatile int32_t*>(handles.data)[i]
                               : static_cast<const volatile double*>(handles.data)[i];
    View view;
    if (!environment->view(handle, &view)) {
      error(info, "ERR_DISPOSED", "tensor " + std::to_string(i) + " has been disposed");
      return nullptr;
    }
    bound->add(environment->storage(handle), view);
  }
  const auto* table = static_cast<const double*>(scalars.data);
  if (scalars.bytes > 0) bound->scalars.assign(table, table + scalars.bytes / sizeof(double));
  std::string wrong;
  if (plan.bind(bound.get(), &wrong)) return bound;
  error(info, "ERR_ARGUMENT", wrong);
  return nullptr;
}

// Whether this environment's thread is to end: then JavaScript cannot run any more, as calls that might make it run find out.
bool is_ending(void* data) {
  const auto env = static_cast<napi_env>(data);
  napi_value zero;
  bool equal;
  return napi_create_int32(env, 0, &zero) == napi_ok && napi_strict_equals(env, zero, zero, &equal) != napi_ok;
}

// planRun(plan, bindings, steps, first, scalars): { status, steps }, on this thread. Where the thread is to end meanwhile
// (worker.terminate()), it does between two steps.
Value run(const CallbackInfo& info) {
  PlanSlot* slot = live_slot(info);
  if (slot == nullptr) return Value();
  auto bound = read_run(info, *slot->plan);
  if (bound == nullptr) return Value();
  Job job(slot->plan, std::move(bound));
  job.run(is_ending, info.Env());
  if (job.status() == RunStatus::kFailed) return error(info, "ERR_ARGUMENT", job.wrong());
  if (job.status() == RunStatus::kNoMemory) return Value(info.Env(), fail_memory(info.Env(), job.lacking()));
  return Value(info.Env(), run_result(info.Env(), job));
}

// planStart(plan, bindings, steps, first, scalars, callback): job
Value start(const CallbackInfo& info) {
  PlanSlot* slot = live_slot(info);
  if (slot == nullptr) return Value();
  if (!info[5].IsFunction()) return error(info, "ERR_ARGUMENT", "planStart takes a callback");
  auto bound = read_run(info, *slot->plan);
  if (bound == nullptr) return Value();
  return Value(info.Env(), start_job(info.Env(), slot->plan, std::move(bound), info[5]));
}

// planProfile(plan, on): measures each instruction from the next step on; times begin at 0 when it is turned on.
Value profile(const CallbackInfo& info) {
  PlanSlot* slot = live_slot(info);
  if (slot == nullptr) return Value();
  const bool on = info[1].ToBoolean();
  const Turnstile::ReaderPass pass;
  slot->plan->profile(on);
  return info.Env().Undefined();
}

// planTimes(plan): Float64Array of nanoseconds an instruction; empty if it never was profiled.
Value times(const CallbackInfo& info) {
  PlanSlot* slot = live_slot(info);
  if (slot == nullptr) return Value();
  const Turnstile::ReaderPass pass;
  const std::vector<int64_t>& times = slot->plan->times();
  auto array = Napi::Float64Array::New(info.Env(), times.size());
  for (size_t i = 0; i < times.size(); i++) array[i] = static_cast<double>(times[i]);
  return array;
}

}  // namespace

void export_plan(napi_env raw_env, napi_value raw_exports) {
  const Napi::Object exports(raw_env, raw_exports);
  export_function<create>(exports, "planCreate");
  export_function<dispose>(exports, "planDispose");
  export_function<run>(exports, "planRun");
  export_function<start>(exports, "planStart");
  export_function<profile>(exports, "planProfile");
  export_function<times>(exports, "planTimes");
}

}  // namespace myelin
