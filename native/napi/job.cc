#include "job.h"

#include <mutex>

#include "arguments.h"

namespace myelin {
namespace {

constexpr napi_type_tag kJobTag = {0x6d79656c696e6a6full, 0xc47e10b95d2f8a36ull};

void set(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

napi_value error_of(napi_env env, const char* code, const char* message) {
  napi_value name, text, error;
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &name);
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_error(env, name, text, &error);
  return error;
}

// A job that tells JavaScript of its end. Node frees the thread-safe function together with the environment, whether
// threads still hold it or not, so it is only touched under the lock, and not after close().
class AsyncJob : public Job, public std::enable_shared_from_this<AsyncJob> {
 public:
  using Job::Job;

  bool open(napi_env env, napi_value callback) {
    napi_value name;
    napi_create_string_utf8(env, "myelin", NAPI_AUTO_LENGTH, &name);
    // Two owners besides the runner: the thread-safe function until it is finalized, and the JavaScript object.
    auto* owner = new std::shared_ptr<Job>(shared_from_this());
    const auto finalize = [](napi_env, void* data, void*) {
      auto* held = static_cast<std::shared_ptr<Job>*>(data);
      static_cast<AsyncJob*>(held->get())->close();
      delete held;
    };
    if (napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, owner, finalize, this, call, &function_) ==
        napi_ok)
      return true;
    delete owner;
    return false;
  }

 private:
  void settled() override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (function_ == nullptr) return;
    if (napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) != napi_closing)
      napi_release_threadsafe_function(function_, napi_tsfn_release);
    function_ = nullptr;
  }

  // The environment ends, or the callback has been called: then there is nothing left to abort.
  void close() {
    abort();
    std::lock_guard<std::mutex> lock(mutex_);
    function_ = nullptr;
  }

  // On the environment's thread; without an environment when it is ending.
  static void call(napi_env env, napi_value callback, void* context, void*) {
    if (env == nullptr || callback == nullptr) return;
    const Job& job = *static_cast<AsyncJob*>(context);
    napi_value arguments[2], self, result;
    napi_get_null(env, &arguments[0]);
    napi_get_undefined(env, &arguments[1]);
    napi_get_undefined(env, &self);
    if (job.status() == RunStatus::kFailed)
      arguments[0] = error_of(env, "ERR_ARGUMENT", job.wrong().c_str());
    else if (job.status() == RunStatus::kNoMemory)
      arguments[0] = error_of(env, "ERR_MEMORY", LackOfMemory(job.lacking()).words);
    else
      arguments[1] = run_result(env, job);
    if (napi_call_function(env, self, callback, 2, arguments, &result) == napi_pending_exception) {
      napi_value thrown;
      if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
    }
  }

  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
};

// The job behind `this`, with at most one argument; nullptr with an exception pending.
Job* job_of(napi_env env, napi_callback_info info, napi_value* argument) {
  size_t argc = 1;
  napi_value self, first;
  bool tagged = false;
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, &first, &self, nullptr);
  if (argument != nullptr) *argument = first;
  if (napi_check_object_type_tag(env, self, &kJobTag, &tagged) == napi_ok && tagged &&
      napi_unwrap(env, self, &data) == napi_ok)
    return static_cast<std::shared_ptr<Job>*>(data)->get();
  fail(env, "ERR_ARGUMENT", "this is not a job");
  return nullptr;
}

napi_value abort(napi_env env, napi_callback_info info) {
  if (Job* job = job_of(env, info, nullptr)) job->abort();
  return nullptr;
}

napi_value steps(napi_env env, napi_callback_info info) {
  napi_value result = nullptr;
  if (const Job* job = job_of(env, info, nullptr)) napi_create_double(env, static_cast<double>(job->steps()), &result);
  return result;
}

napi_value set_scalars(napi_env env, napi_callback_info info) {
  napi_value argument;
  Job* job = job_of(env, info, &argument);
  if (job == nullptr) return nullptr;
  Bytes table;
  if (!read_bytes(env, argument, &table) || table.type != napi_float64_array ||
      !job->set_scalars(static_cast<const double*>(table.data), table.bytes / sizeof(double)))
    return fail(env, "ERR_ARGUMENT", "setScalars takes a Float64Array of the size that the job was started with");
  return nullptr;
}

}  // namespace

napi_value run_result(napi_env env, const Job& job) {
  napi_value result, status, steps;
  napi_create_object(env, &result);
  napi_create_string_utf8(env, status_name(job.status()), NAPI_AUTO_LENGTH, &status);
  napi_create_double(env, static_cast<double>(job.steps()), &steps);
  set(env, result, "status", status);
  set(env, result, "steps", steps);
  return result;
}

napi_value start_job(napi_env env, std::shared_ptr<Plan> plan, std::unique_ptr<Bound> bound, napi_value callback) {
  if (!Job::prepare())
    return fail(env, "ERR_PLATFORM",
                "the operating system gives this process no thread to run a job on: raise its limit of threads (ulimit -u, "
                "the container's pids limit) or of memory (ulimit -v)");
  auto async = std::make_shared<AsyncJob>(std::move(plan), std::move(bound));
  std::list<std::shared_ptr<Job>> one{async};
  const napi_property_descriptor properties[] = {
      {"abort", nullptr, abort, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"steps", nullptr, nullptr, steps, nullptr, nullptr, napi_enumerable, nullptr},
      {"setScalars", nullptr, set_scalars, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_value object;
  auto* held = new std::shared_ptr<Job>(async);
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Job>*>(data); };
  if (napi_create_object(env, &object) != napi_ok ||
      napi_wrap(env, object, held, finalize, nullptr, nullptr) != napi_ok) {
    delete held;
    return fail(env, "ERR_PLATFORM", "the job could not be made");
  }
  // May fail where the stack is at its end; a job that nobody can abort must not begin.
  if (napi_type_tag_object(env, object, &kJobTag) != napi_ok ||
      napi_define_properties(env, object, sizeof properties / sizeof *properties, properties) != napi_ok)
    return fail(env, "ERR_PLATFORM", "the job could not be made");
  if (!async->open(env, callback)) return fail(env, "ERR_PLATFORM", "the job could not be started");
  Job::start(std::move(one));
  return object;
}

}  // namespace myelin
