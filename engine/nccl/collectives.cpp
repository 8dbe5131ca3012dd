#include "engine/nccl/collectives.h"

#include <cstring>

#include "engine/base/text.h"
#include "engine/nccl/communicator.h"
#include "engine/nccl/gpu_identity.h"
#include "engine/tensor.h"

namespace engine {
namespace {

using kernels::DType, kernels::Queue, kernels::View;

nccl::Type type_of(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return nccl::Type::f16;
    case DType::bf16:
      return nccl::Type::bf16;
    case DType::f32:
      return nccl::Type::f32;
    case DType::f64:
      return nccl::Type::f64;
    default:
      base::fail(base::ExitCode::failed, "NCCL: no sums of such elements");
  }
}

// Of the timeout: how long this rank waits for its GPU before it takes another one to hang. Then
// the ranks that are well meet over the host's network, which waits for the other part of it.
constexpr double kOnGpu = 0.5;

class NcclCollectives : public Collectives {
 public:
  NcclCollectives(std::unique_ptr<HostCollectives> host, double seconds)
      : host_(std::move(host)), seconds_(seconds) {
    nccl_library();  // where it is missing, that is said at the start
  }

  int rank() const override { return host_->rank(); }
  int size() const override { return host_->size(); }
  const std::string& host(int rank) const override { return host_->host(rank); }

  void sum(const char* what, View v, Queue queue) override {
    if (queue.plan) return;
    if (!queue.gpu) return host_->sum(what, v, queue);
    make(what, [&](nccl::Communicator* c) { return all_reduce(v, c, queue); });
  }

  void sum_together(const char* what, std::span<const View> buffers, Queue queue) override {
    if (queue.plan) return;
    if (!queue.gpu) return host_->sum_together(what, buffers, queue);
    make(what, [&](nccl::Communicator* c) {
      nccl::Result first = nccl_library().GroupStart();
      for (const View& v : buffers)
        if (!failed(first)) first = all_reduce(v, c, queue);
      const nccl::Result last = nccl_library().GroupEnd();  // also after a failure
      return failed(first) ? first : last;
    });
  }

  void gather(const char* what, View mine, View all, Queue queue) override {
    if (queue.plan) return;
    if (!queue.gpu) return host_->gather(what, mine, all, queue);
    SSD_CHECK(bytes_of(all) == bytes_of(mine) * size_t(size()) && mine.dtype == all.dtype,
              "gather: room for another number of bytes");
    make(what, [&](nccl::Communicator* c) {
      return nccl_library().AllGather(mine.data, all.data, bytes_of(mine), nccl::Type::u8, c,
                                      stream_of(queue));
    });
  }

  void broadcast(const char* what, View v, int root, Queue queue) override {
    if (queue.plan) return;
    if (!queue.gpu) return host_->broadcast(what, v, root, queue);
    make(what, [&](nccl::Communicator* c) {
      return nccl_library().Broadcast(v.data, v.data, bytes_of(v), nccl::Type::u8, root, c,
                                      stream_of(queue));
    });
  }

  // A rank that has made an abort necessary does not come to this call, which then names it.
  std::vector<std::string> gather_bytes(const char* what, const std::string& mine) override {
    const bool was_intact = intact();
    if (!was_intact) host_->give_up_after((1 - kOnGpu) * seconds_);
    std::vector<std::string> all;
    try {
      all = host_->gather_bytes(what, mine);
    } catch (const base::Error& error) {
      if (communicator_) communicator_->abort(error.what());
      throw;
    }
    if (!was_intact)
      base::fail(base::ExitCode::resources, what, ": ", communicator_->why_aborted());
    return all;
  }
  double seconds_in_calls() const override { return host_->seconds_in_calls(); }
  bool intact() const override { return !communicator_ || !communicator_->aborted(); }

  void abort(base::ExitCode code, const std::string& why) noexcept override {
    if (communicator_) communicator_->abort(why);
    host_->abort(code, why);
  }
  std::string last_words_of_first(double seconds) override {
    return host_->last_words_of_first(seconds);
  }

 private:
  static bool failed(nccl::Result result) {
    return result != nccl::Result::success && result != nccl::Result::in_progress;
  }
  static nccl::Result all_reduce(const View& v, nccl::Communicator* c, Queue queue) {
    return nccl_library().AllReduce(v.data, v.data, size_t(v.shape.size()), type_of(v.dtype),
                                    nccl::Operation::sum, c, stream_of(queue));
  }
  static CUstream_st* stream_of(Queue queue) { return static_cast<CUstream_st*>(queue.stream); }

  // NCCL does not say which rank has failed. The host's network does, if that rank has died.
  template <class Call> void make(const char* what, const Call& call) {
    NcclCommunicator& all = communicator();
    try {
      all.make(what, call);
    } catch (const base::Error& error) {
      all.abort(error.what());
      host_->barrier(what);
      throw;
    }
  }

  NcclCommunicator& communicator() {
    if (communicator_) return *communicator_;
    refuse_shared_gpus();
    communicator_ = std::make_unique<NcclCommunicator>(
        shared_id(), rank(), size(), seconds_, kOnGpu * seconds_, [this] { return host_->gone(); });
    return *communicator_;
  }

  // NCCL would say "invalid usage".
  void refuse_shared_gpus() {
    const GpuIdentity own = current_gpu();
    const auto all = host_->gather_bytes("the GPUs' addresses", own.machine + " " + own.pci);
    for (size_t r = 0; r < all.size(); ++r)
      for (size_t s = r + 1; s < all.size(); ++s)
        if (all[r] == all[s])
          base::fail(base::ExitCode::resources, rank_in_words(*this, int(r)), " and ",
                     rank_in_words(*this, int(s)), " have the same GPU (PCI ",
                     base::printable(all[r].substr(all[r].rfind(' ') + 1)),
                     "): NCCL needs one for each rank; start fewer ranks, or let each see another "
                     "GPU by CUDA_VISIBLE_DEVICES");
  }

  // Rank 0's identifier reaches the others over the host's network.
  nccl::UniqueId shared_id() {
    nccl::UniqueId id{};
    if (rank() == 0)
      if (const auto result = nccl_library().GetUniqueId(&id); result != nccl::Result::success)
        base::fail(base::ExitCode::resources, nccl_failure(result, "ncclGetUniqueId", nullptr));
    const std::string first =
        host_->gather_bytes("NCCL's identifier", std::string(id.bytes, sizeof id.bytes))[0];
    SSD_CHECK(first.size() == sizeof id.bytes, "NCCL's identifier has another length");
    std::memcpy(id.bytes, first.data(), sizeof id.bytes);
    return id;
  }

  std::unique_ptr<HostCollectives> host_;
  const double seconds_;
  std::unique_ptr<NcclCommunicator> communicator_;  // made by the first call
};

}  // namespace

std::unique_ptr<Collectives> make_nccl_collectives(std::unique_ptr<HostCollectives> host,
                                                   double seconds) {
  return std::make_unique<NcclCollectives>(std::move(host), seconds);
}

}  // namespace engine
