#include "engine/cublaslt/operation.h"

#include "engine/base/error.h"
#include "engine/conv/operands.h"

namespace engine {
namespace {

// The bias before a run sets an address. cuBLASLt looks for algorithms by its alignment.
void* const kSomeBias = reinterpret_cast<void*>(uintptr_t(16));

cudaDataType_t type_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return CUDA_R_32F;
    case DType::f16:
      return CUDA_R_16F;
    case DType::bf16:
      return CUDA_R_16BF;
    default:
      base::fail(base::ExitCode::failed, "cuBLASLt: no matrices of ", kernels::name_of(dtype));
  }
}

cublasComputeType_t compute_type(const ConvShape& s) {
  return s.dtype == DType::f32 && !s.exact_f32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

MatmulOperation::Matrix matrix(const ConvShape& s, View ConvArgs::*view) {
  for (const ConvOperand& o : conv_operands(s)) {
    if (o.view != view) continue;
    const int64_t rows = o.shape[3], columns = o.shape.size() / rows;  // the kernel is 1x1
    cublasLtMatrixLayout_t layout = nullptr;
    cublaslt_check(cublaslt_library().MatrixLayoutCreate(&layout, type_of(o.dtype), uint64_t(rows),
                                                         uint64_t(columns), rows),
                   "cublasLtMatrixLayoutCreate");
    MatmulOperation::Matrix made{view, {}};
    made.layout.reset(layout);
    return made;
  }
  base::fail(base::ExitCode::failed, "cuBLASLt: the convolution has no such operand");
}

template <class T>
void set(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t name, T value) {
  cublaslt_check(cublaslt_library().MatmulDescSetAttribute(operation, name, &value, sizeof value),
                 "cublasLtMatmulDescSetAttribute");
}

cublasLtEpilogue_t epilogue(const ForwardFusion& fusion) {
  const bool relu = fusion.activation == Activation::relu;
  if (fusion.bias) return relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
  return relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT;
}

}  // namespace

MatmulOperation::MatmulOperation(const ConvShape& s) : has_bias(s.forward.bias) {
  const bool forward = s.pass == ConvPass::forward, dw = s.pass == ConvPass::grad_weight;
  const auto result = forward ? &ConvArgs::y : dw ? &ConvArgs::weight : &ConvArgs::x;
  a = matrix(s, dw ? &ConvArgs::x : &ConvArgs::weight);
  b = matrix(s, forward ? &ConvArgs::x : &ConvArgs::y);
  c = matrix(s, s.forward.residual ? &ConvArgs::residual : result);
  d = matrix(s, result);
  beta = s.forward.residual || s.accumulate() ? 1 : 0;
  cublasLtMatmulDesc_t made = nullptr;
  cublaslt_check(cublaslt_library().MatmulDescCreate(&made, compute_type(s), CUDA_R_32F),
                 "cublasLtMatmulDescCreate");
  operation_.reset(made);
  set(made, CUBLASLT_MATMUL_DESC_TRANSA, forward ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(made, CUBLASLT_MATMUL_DESC_TRANSB, dw ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(made, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue(s.forward));
  if (has_bias) set_bias(kSomeBias);
}

void MatmulOperation::set_bias(const void* data) {
  set(get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, data);
}

}  // namespace engine
