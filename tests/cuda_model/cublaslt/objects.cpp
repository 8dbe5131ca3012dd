#include "tests/cuda_model/cublaslt/objects.h"

#include <cstring>

namespace cuda_model::cublaslt {
namespace {

template <class T> void assign(T& field, const void* value, size_t bytes) {
  require(value && bytes == sizeof field);
  std::memcpy(&field, value, sizeof field);
}

struct Size {
  int64_t rows, columns;
};

Size size_of(const Matrix& m, int32_t transpose) {
  return transpose == CUBLAS_OP_N ? Size{m.rows, m.columns} : Size{m.columns, m.rows};
}

void check(const Matrix& m, const char* name) {
  const std::string text = name;
  expect(!m.destroyed, "the layout of " + text + " is used after it was destroyed");
  expect(m.rows > 0 && m.columns > 0, text + " is empty");
  expect(m.order == CUBLASLT_ORDER_COL || m.order == CUBLASLT_ORDER_ROW,
         text + " has an order that is not modelled");
  expect(m.leading >= (m.order == CUBLASLT_ORDER_COL ? m.rows : m.columns),
         "the leading dimension of " + text + " is smaller than a column or a row of it");
}

}  // namespace

void set(Matrix& m, cublasLtMatrixLayoutAttribute_t name, const void* value, size_t bytes) {
  switch (name) {
    case CUBLASLT_MATRIX_LAYOUT_ORDER:
      return assign(m.order, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_LD:
      return assign(m.leading, value, bytes);
    default:
      require(int(name) < 16);
      expect(false, "an attribute of layouts that is not modelled");
  }
}

void set(Operation& o, cublasLtMatmulDescAttributes_t name, const void* value, size_t bytes) {
  switch (name) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return assign(o.transpose_a, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return assign(o.transpose_b, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSC:
      return assign(o.transpose_c, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return assign(o.epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return assign(o.bias, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
      return assign(o.bias_type, value, bytes);
    default:
      require(int(name) < 64);
      expect(false, "an attribute of operations that is not modelled");
  }
}

void set(Preference& p, cublasLtMatmulPreferenceAttributes_t name, const void* value,
         size_t bytes) {
  switch (name) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
      return assign(p.workspace, value, bytes);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
      return assign(p.schemes, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
      return assign(p.alignment[0], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
      return assign(p.alignment[1], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
      return assign(p.alignment[2], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
      return assign(p.alignment[3], value, bytes);
    default:
      require(int(name) < 16);
      expect(false, "an attribute of preferences that is not modelled");
  }
}

void check(const Operation& o, const Matrices& m) {
  expect(!o.destroyed, "an operation is used after it was destroyed");
  check(m.a, "A");
  check(m.b, "B");
  check(m.c, "C");
  check(m.d, "D");
  const Size a = size_of(m.a, o.transpose_a), b = size_of(m.b, o.transpose_b);
  expect(a.columns == b.rows, "A has not as many columns as B has rows");
  expect(a.rows == m.d.rows && b.columns == m.d.columns, "D has not the size of the product");
  expect(m.c.rows == m.d.rows && m.c.columns == m.d.columns, "C has not the size of D");
  expect(o.transpose_c == CUBLAS_OP_N, "C is transposed");
  expect(!o.has_bias() || o.bias, "the bias has no address, by which algorithms are looked for");
}

bool supported(const Operation& o, const Matrices& m) {
  const bool types = m.a.type == m.b.type && m.c.type == m.d.type &&
                     (m.d.type == m.a.type || m.d.type == CUDA_R_32F);
  const bool computed = o.compute == CUBLAS_COMPUTE_32F ||
                        (o.compute == CUBLAS_COMPUTE_32F_FAST_TF32 && m.a.type == CUDA_R_32F);
  const bool behind = !(o.epilogue & ~uint32_t(CUBLASLT_EPILOGUE_DEFAULT | CUBLASLT_EPILOGUE_RELU |
                                               CUBLASLT_EPILOGUE_BIAS));
  const bool bias = o.bias_type == -1 || o.bias_type == int32_t(m.d.type);
  return types && computed && behind && bias && o.scale == CUDA_R_32F;
}

}  // namespace cuda_model::cublaslt
