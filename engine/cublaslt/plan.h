// cuBLASLt's algorithms for a convolution that is a product of matrices, kept as text and run.
#pragma once
#include <string>
#include <vector>

#include "engine/cublaslt/operation.h"

namespace engine {

// cuBLASLt on the CUDA device that is current when this is made. Throws Error(resources) if it
// cannot be had.
class CublasLtHandle {
 public:
  CublasLtHandle();
  ~CublasLtHandle() { cublaslt_library().Destroy(handle_); }
  CublasLtHandle(const CublasLtHandle&) = delete;
  CublasLtHandle& operator=(const CublasLtHandle&) = delete;
  cublasLtHandle_t get() const { return handle_; }

 private:
  cublasLtHandle_t handle_ = nullptr;
};

// The bytes of workspace that a plan may ask for: what NVIDIA recommends for Hopper.
inline constexpr size_t kMostCublasLtWorkspace = size_t(32) << 20;

// One algorithm for a shape, which must be the inner one of its gemm_candidate.
class CublasLtPlan : public ConvPlan {
 public:
  CublasLtPlan(std::shared_ptr<const CublasLtHandle>, const ConvShape&, const cublasLtMatmulAlgo_t&,
               size_t workspace);
  // Returns the algorithms that cuBLASLt expects to be the fastest, best first, at most `count`.
  // All sum in f32, in an order that is the same in every run. The list is empty if cuBLASLt
  // supports nothing.
  static std::vector<std::unique_ptr<CublasLtPlan>> find(std::shared_ptr<const CublasLtHandle>,
                                                         const ConvShape&, int count);
  // Restores a plan from its text(), for the same version of cuBLASLt and the same shape. Returns
  // null if cuBLASLt refuses it, or it is no such text.
  static std::unique_ptr<CublasLtPlan> restore(std::shared_ptr<const CublasLtHandle>,
                                               const ConvShape&, const std::string& text);

  std::string text() const;  // the algorithm's bytes in hexadecimal digits
  size_t workspace() const override { return workspace_; }
  void run(kernels::Queue, const ConvArgs&) override;

 private:
  std::shared_ptr<const CublasLtHandle> handle_;
  MatmulOperation operation_;
  cublasLtMatmulAlgo_t algorithm_;
  size_t workspace_;
};

}  // namespace engine
